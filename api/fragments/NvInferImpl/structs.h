@8 //! Earlier names of two enumerations.
@8 using ResizeMode = InterpolationMode;
@8 using SliceMode = SampleMode;
@10 namespace v_1_0
@10 {
@10 struct TimingCacheKey;
@10 struct TimingCacheValue;
@10 } // namespace v_1_0
@10 using TimingCacheKey = v_1_0::TimingCacheKey;
@10 using TimingCacheValue = v_1_0::TimingCacheValue;
