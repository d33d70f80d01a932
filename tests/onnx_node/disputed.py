"""Tests whose expected answer contradicts the operator's text: a wrong answer there counts as refused, with this reason."""
ALIGN = "disputed: expected is computed with the unrounded length input * scale, the text and ONNX Runtime take the output's extent"
NOISE = "disputed: expected holds rounding errors of a transform in float32, 1.9e-7 where the exact sum is 0"
UNPOOL = "disputed: the places count through the output as output_shape says, in the text and in ONNX Runtime; expected takes the shape without it"
DISPUTED = {                                                # Resize and MaxUnpool: only reached with --known, their operands are inputs otherwise
    "test_resize_downsample_scales_cubic_align_corners": ALIGN,
    "test_resize_downsample_scales_linear_align_corners": ALIGN,
    "test_maxunpool_export_with_output_shape": UNPOOL,
    "test_dft_inverse": NOISE,
    "test_dft_inverse_opset19": NOISE,
}
