//! The order of dimensions in a transposition.
struct Permutation
{
    int32_t order[Dims::MAX_DIMS]; //!< Dimension i of the result is dimension order[i] of the operand.
};
@10 
@10 namespace v_1_0
@10 {
@10 //! What an entry of a timing cache is found by.
@10 struct TimingCacheKey
@10 {
@10     uint8_t data[16]; //!< A digest.
@10 };
@10 
@10 //! What a timing cache knows of one way to compute something.
@10 struct TimingCacheValue
@10 {
@10     uint64_t tacticHash; //!< Which way.
@10     float timingMSec;    //!< How long it took, in milliseconds.
@10     static constexpr uint64_t kINVALID_TACTIC_HASH = UINT64_MAX;
@10 };
@10 } // namespace v_1_0
@10 using TimingCacheKey = v_1_0::TimingCacheKey;
@10 using TimingCacheValue = v_1_0::TimingCacheValue;
