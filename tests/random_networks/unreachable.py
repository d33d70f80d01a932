"""Names that no random network can reach, each with its reason."""
TYPES = ["f32", "f16", "bf16", "f64", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "bool", "f8e4m3fn", "f8e4m3fnuz", "f8e5m2", "f8e5m2fnuz", "f8e8m0", "f4e2m1",
         "i4", "u4", "i2", "u2"]
REASONS = {
    ("operator", "scaled_tanh"): "IActivationLayer only, ONNX has no name for it",
    ("operator", "scale"): "IScaleLayer only",
    ("operator", "assertion"): "IAssertionLayer only",
    ("operator", "section"): "ISliceLayer only",
    ("operator", "shuffle"): "IShuffleLayer only",
    ("rule", "dissolve_shuffle"): "IShuffleLayer only",
    ("rule", "fold_transpose"): "constants over 64 MiB only: smaller ones are transposed at build",
    ("rule", "fold_scale"): "IScaleLayer only",
}


def reason(kind, name):
    if kind == "kernel" and name.split(".")[0] in ("cuda", "cudnn", "cublaslt"):
        return "needs a GPU"
    return REASONS.get((kind, name))
