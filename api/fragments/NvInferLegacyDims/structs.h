@8 using DimsInt = int32_t;
@10 using DimsInt = int64_t;
//! Two extents.
class Dims2 : public Dims
{
public:
    Dims2() : Dims2(0, 0) {}
    Dims2(DimsInt d0, DimsInt d1)
    {
        nbDims = 2;
        d[0] = d0;
        d[1] = d1;
        for (int32_t i = 2; i < MAX_DIMS; ++i)
        {
            d[i] = 0;
        }
    }
};
//! Height and width.
class DimsHW : public Dims2
{
public:
    DimsHW() : Dims2() {}
    DimsHW(DimsInt height, DimsInt width) : Dims2(height, width) {}
    DimsInt& h() { return d[0]; }
    DimsInt h() const { return d[0]; }
    DimsInt& w() { return d[1]; }
    DimsInt w() const { return d[1]; }
};
//! Three extents.
class Dims3 : public Dims2
{
public:
    Dims3() : Dims3(0, 0, 0) {}
    Dims3(DimsInt d0, DimsInt d1, DimsInt d2) : Dims2(d0, d1) { nbDims = 3; d[2] = d2; }
};
//! Four extents.
class Dims4 : public Dims3
{
public:
    Dims4() : Dims4(0, 0, 0, 0) {}
    Dims4(DimsInt d0, DimsInt d1, DimsInt d2, DimsInt d3) : Dims3(d0, d1, d2) { nbDims = 4; d[3] = d3; }
};
