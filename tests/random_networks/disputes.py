"""Where other implementations do not follow the operator's text, and we do. A network with such a node is not judged by them."""

import onnx

import graphs


def attribute(node, name, standard):
    return next((onnx.helper.get_attribute_value(a) for a in node.attribute if a.name == name), standard)


def text(node, name, standard):
    value = attribute(node, name, standard)
    return value.decode() if isinstance(value, bytes) else value


def small_window(node):
    k = attribute(node, "kernel_shape", [])
    d, s = attribute(node, "dilations", [1] * len(k)), attribute(node, "strides", [1] * len(k))
    return text(node, "auto_pad", "NOTSET").startswith("SAME") and any((kk - 1) * dd + 1 < st for kk, dd, st in zip(k, d, s))


ONNX_RUNTIME = [                                            # operator, which of its nodes, what is wrong there
    ("Bernoulli", lambda node: True, "1 with probability 1 - p: as the function's body has it, the text says p"),
    ("ConvTranspose", small_window, "SAME: a window smaller than the stride gives fewer than input * stride elements, which the text asks for"),
    ("LSTM", lambda node: attribute(node, "clip", None) is not None, "clip: the cell is not clipped before h, the text says the input of activations is"),
]


# There, too: results are right to a unit in the last place of 1, not of their own; of x where that is a factor.
AT_ONE = {"Sigmoid": False, "GRU": False, "LSTM": False, "Gelu": True, "Swish": True}


def at_one(node, values):
    """The number whose last place ONNX Runtime rounds; 0: the result."""
    if node.op_type not in AT_ONE:
        return 0
    return abs(values[node.input[0]]) if AT_ONE[node.op_type] else 1


def angles(node, values):
    """Of a Fourier transform: how large ONNX Runtime's angles, which are floats, become; by chirps up to pi times a length that is no power of 2."""
    if node.op_type not in ("DFT", "STFT"):
        return 1
    place = 3 if node.op_type == "STFT" else 1
    given = node.input[place] if len(node.input) > place else ""
    length = int(values[given]) if given else values[node.input[0]].shape[-2]
    return length if length & (length - 1) else 1


EVALUATOR = {                                               # of ONNX, which judges what ONNX Runtime has no kernel for
    "AffineGrid": "doubles come out as floats",
    "Adam": "floats come out as doubles",
    "AveragePool": "ceil: windows that see padding only are no numbers",
    "Bernoulli": "draws", "Dropout": "draws", "Multinomial": "draws", "RandomNormal": "draws", "RandomNormalLike": "draws", "RandomUniform": "draws",
    "RandomUniformLike": "draws",
    "ConvTranspose": "SAME: other places, other shapes",
    "Einsum": "bfloat16 comes out as float",
    "LRN": "the last of the channels around each is left out",
    "MaxPool": "places count within a channel; other shapes where padding stands on one side",
    "OneHot": "what is out of range counts from the end again",
    "QLinearConv": "of one spatial axis: the bias broadcasts along another",
    "Resize": "antialias with corners aligned: other weights",
    "TensorScatter": "circular: only the last of the written places counts",
}


def causal_with_bools(node, values):
    mask = node.input[3] if len(node.input) > 3 else ""
    return bool(attribute(node, "is_causal", 0) and mask and values[mask].dtype == bool)


def far_up(node, values):
    x = values[node.input[0]]
    return bool((x.astype(float) > (709 if x.dtype == "float64" else 88)).any())


EVALUATOR_NODES = [("Attention", causal_with_bools, "a mask of bools that is causal, too: it multiplies 0 by -inf"),
                   ("GridSample", lambda node, values: (text(node, "mode", ""), text(node, "padding_mode", "")) == ("cubic", "border"),
                    "a place outside moves to the border before its taps do; in PyTorch, which the text refers to, and in ONNX Runtime each tap moves by itself"),
                   ("MaxUnpool", lambda node, values: len(node.input) > 2, "places count in the shape that would be without output_shape: see ../onnx_node/disputed.py"),
                   ("Softplus", far_up, "e^x is infinite where its logarithm is about x")]


# Right, but not in doubles: what it says of rounding counts for nothing.
IMPRECISE = {"Attention", "DeformConv", "FlexAttention", "Gelu", "GridSample", "GroupNormalization", "HardSigmoid", "HardSwish", "LayerNormalization",
             "LeakyRelu", "RMSNormalization", "ThresholdedRelu"}


def disputed(network, table):
    return next((reason for node in graphs.all_nodes(network.graph) for op, which, reason in table if node.op_type == op and which(node)), None)
