"""Tests whose expected answer contradicts the operator's text: a wrong answer there counts as refused, with this reason."""
ALIGN = "disputed: expected is computed with the unrounded length input * scale, the text and ONNX Runtime take the output's extent"
DISPUTED = {                                                # only reached with --known: the scales are an input otherwise
    "test_resize_downsample_scales_cubic_align_corners": ALIGN,
    "test_resize_downsample_scales_linear_align_corners": ALIGN,
}
