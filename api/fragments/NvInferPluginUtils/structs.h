namespace plugin
{
@8 //! Four numbers.
@8 struct Quadruple
@8 {
@8     int32_t data[4];
@8 };
@8
//! How prior boxes are made for a feature map.
struct PriorBoxParameters
{
    float *minSize, *maxSize, *aspectRatios; //!< The sizes in pixels and the ratios; one or more of each.
    int32_t numMinSize, numMaxSize, numAspectRatios;
    bool flip; //!< Each ratio counts with its inverse.
    bool clip; //!< Boxes are cut to the image.
    float variance[4];
    int32_t imgH, imgW;
    float stepH, stepW;
    float offset; //!< Of a cell's centre, in steps.
};

//! How regions are proposed and pooled.
struct RPROIParams
{
    int32_t poolingH, poolingW, featureStride, preNmsTop, nmsMaxOut, anchorsRatioCount, anchorsScaleCount;
    float iouThreshold, minBoxSize, spatialScale;
};

//! How anchors are laid over a grid.
struct GridAnchorParameters
{
    float minSize, maxSize;
    float* aspectRatios;
    int32_t numAspectRatios, H, W;
    float variance[4];
};

//! How boxes are encoded.
enum class CodeTypeSSD : int32_t
{
    CORNER = 0,
    CENTER_SIZE = 1,
    CORNER_SIZE = 2,
    TF_CENTER = 3
};

//! How detections are decoded and chosen.
struct DetectionOutputParameters
{
    bool shareLocation, varianceEncodedInTarget;
    int32_t backgroundLabelId, numClasses, topK, keepTopK;
    float confidenceThreshold, nmsThreshold;
    CodeTypeSSD codeType;
    int32_t inputOrder[3];
    bool confSigmoid, isNormalized;
    bool isBatchAgnostic{true};
};

//! How overlapping boxes are dropped.
struct NMSParameters
{
    bool shareLocation;
    int32_t backgroundLabelId, numClasses, topK, keepTopK;
    float scoreThreshold, iouThreshold;
    bool isNormalized;
};

//! A tree of classes.
struct softmaxTree
{
    int32_t* leaf;
    int32_t n;
    int32_t *parent, *child, *group;
    char** name;
    int32_t groups;
    int32_t *groupSize, *groupOffset;
};

//! How a region layer reads its input.
struct RegionParameters
{
    int32_t num, coords, classes;
    softmaxTree* smTree;
};
} // namespace plugin
