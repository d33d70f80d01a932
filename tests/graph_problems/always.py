"""What every library should survive: a model that does nothing, files that are none, half a file; and a text recogniser and detector at widths of all sorts."""
import pathlib
import tempfile

import numpy as np
from onnx import helper

import tenon
from case import B, BF, D, F, H, I, I32, I8, U8, check, model, node, numbers, refused, weights

KINDS = (F, H, D, BF, I, I32, I8, U8, B)


def test_a_model_that_does_nothing():
    """Identity, no node at all, one input that is two outputs, of every type, rank 0 to 6, empty too; a constant that is an output, of every form of
    constants.
    """
    for kind in KINDS:
        dtype = helper.tensor_dtype_to_np_dtype(kind)
        for shape in ((), (3,), (0, 2), (2, 1, 3, 1, 2, 2)):
            x, open_shape = (numbers(*shape) * 50).astype(dtype), [f"d{k}" for k in range(len(shape))]
            check(model([node("Identity", ["x"], ["y"])], [("x", kind, open_shape)], [("y", kind)]), [{"x": x}], [{"y": x}], exact=True)
            check(model([node("Identity", ["x"], ["y"]), node("Identity", ["y"], ["z"])], [("x", kind, open_shape)], [("z", kind), ("y", kind)]), [{"x": x}],
                  [{"z": x, "y": x}], exact=True)
    x = numbers(2, 3)
    check(model([], [("x", F, ["N", 3])], [("x", F, ["N", 3])]), [{"x": x}], [{"x": x}], exact=True)
    check(model([node("Relu", ["x"], ["z"])], [("x", F, ["N", 3]), ("unused", I, [])], [("z", F), ("w", F, [2])], weights(w=np.array([1, 2], np.float32))),
          [{"x": x, "unused": np.array(3)}], [{"z": np.maximum(x, 0), "w": np.array([1, 2], np.float32)}], exact=True)
    made = [node("Constant", [], [name], **{kind: value}) for name, kind, value in (("a", "value_float", 1.5), ("b", "value_floats", [1., 2.5, -3.]),
        ("c", "value_int", 2**53 + 1), ("d", "value_ints", [1, -1]))]
    check(model(made + [node("Identity", [name], [f"y{name}"]) for name in "abcd"], [("x", F, ["N"])], [("ya", F), ("yb", F), ("yc", I), ("yd", I)]),
          [{"x": x[0]}], [{"ya": np.float32(1.5), "yb": np.array([1, 2.5, -3], np.float32), "yc": np.array(2**53 + 1), "yd": np.array([1, -1])}], exact=True)
    check(model([node("Dropout", ["x"], ["y"])], [("x", F, ["N", 3])], [("y", F)]), [{"x": x}], [{"y": x}], exact=True)


def small():
    return model([node("Conv", ["x", "w"], ["c"], pads=[1] * 4), node("Relu", ["c"], ["r"]), node("Flatten", ["r"], ["y"])], [("x", F, ["N", 2, 4, 4])],
                 [("y", F)], weights(w=numbers(3, 2, 3, 3)))


def test_files_that_are_no_models():
    """Text, JSON, a picture's head, nothing, zeros, a folder, no file; from memory and from the disk, with every name's ending."""
    texts = [b"this is a text, not a model\n" * 40, b'{"graph": {"node": []}}', b"\x89PNG\r\n\x1a\n" + bytes(64), b"", bytes(1000), b"\xff" * 500,
             b"ir_version: 8\ngraph { node { op_type: \"Relu\" } }\n", b"\n", b"<html></html>"]
    with tempfile.TemporaryDirectory() as folder:
        for text in texts:
            for source in (text, "a.onnx", "a.engine", "a.txt"):
                if isinstance(source, str):
                    source = f"{folder}/{source}"
                    pathlib.Path(source).write_bytes(text)
                try:
                    tenon.load(source)
                except tenon.Error as e:
                    assert e.code in ("invalid_model", "corrupt_engine") and e.id[:3] in ("TN2", "TN5"), f"{text[:20]}: {e}"
                else:
                    raise AssertionError(f"{text[:20]} was built")
        refused(lambda: tenon.load(f"{folder}/none.onnx"), "TN701", "none.onnx")
        try:
            tenon.load(folder)
        except tenon.Error as e:
            assert e.code == "io", e
        else:
            raise AssertionError("a folder was built")


def test_names_that_are_no_text():
    """Bytes that are no UTF-8 in names: the model runs, by the names that it shows; errors quote them so, too."""
    file = model([node("Relu", ["xx_in"], ["yy_out"], name="nn_node")], [("xx_in", F, ["N", 2])], [("yy_out", F)]).SerializeToString()
    file = file.replace(b"xx_in", b"\xff\xfe_in").replace(b"nn_node", b"\xc3\x28_node")
    with tempfile.TemporaryDirectory() as folder:
        built = tenon.load(file)
        built.save(f"{folder}/a.engine")
        for m in (built, tenon.load(f"{folder}/a.engine")):
            assert m.inputs[0].name == "\\xff\\xfe_in" and "\\xff\\xfe_in" in m.dump() and m.explain()
            x = numbers(3, 2)
            np.testing.assert_array_equal(m({m.inputs[0].name: x}), np.maximum(x, 0))
            refused(lambda: m(numbers(3, 3)), "TN104", "\\xff\\xfe_in")


def test_operands_too_many_are_refused():
    """Slice took its places as attributes until opset 9, ReduceSum its axes until 12: what nobody would read is not ignored."""
    for op, opset, more in (("Slice", 9, ["a", "a"]), ("ReduceSum", 12, ["a"]), ("Relu", 18, ["x"]), ("Clip", 10, ["f", "f"]), ("Transpose", 18, ["x"])):
        attributes = dict(starts=[0], ends=[1]) if op == "Slice" else {}
        m = model([node(op, ["x", *more], ["y"], **attributes)], [("x", F, ["N", "N"])], [("y", F)], weights(a=np.array([1]), f=np.float32(1)), opset)
        refused(lambda: tenon.load(m.SerializeToString()), "TN202")


def test_half_a_file():
    """Cut at every byte: refused, or where it was cut between fields that the format lets anybody leave out, the reason names what is missing; engines, too,
    and bits that flip there.
    """
    whole = small().SerializeToString()
    for end in range(len(whole)):
        try:
            tenon.load(whole[:end], threads=1)
        except tenon.Error as e:
            assert e.code == "invalid_model" or e.code == "unsupported", f"{end} of {len(whole)}: {e}"
        else:                                                  # the opset stands behind the graph: without it a model is none
            raise AssertionError(f"{end} of {len(whole)} bytes were built")
    with tempfile.TemporaryDirectory() as folder:
        tenon.load(whole, threads=1).save(f"{folder}/a.engine")
        engine = pathlib.Path(f"{folder}/a.engine").read_bytes()
        for end in (*range(0, 200), *range(200, len(engine), 97), len(engine) - 1):
            try:
                tenon.load(engine[:end], threads=1)
            except tenon.Error as e:
                assert e.code in ("corrupt_engine", "invalid_model"), f"{end}: {e}"
            else:
                raise AssertionError(f"{end} of {len(engine)} bytes were loaded")
        for at in range(0, len(engine), 61):
            flipped = bytearray(engine)
            flipped[at] ^= 1 << at % 8
            try:
                tenon.load(bytes(flipped), threads=1)
            except tenon.Error as e:
                assert e.code in ("corrupt_engine", "invalid_model", "unsupported"), f"{at}: {e}"
            else:
                raise AssertionError(f"an engine whose byte {at} was changed is loaded")


def recogniser():
    """PaddleOCR's: 48 rows, any width; strides of 2 in rows alone, depthwise pairs, hard swish, squeeze and excite, a mean over rows, two recurrences, a
    softmax over letters.
    """
    w, nodes, x = {}, [], "x"
    for k, (c, o, strides) in enumerate(((3, 8, (2, 2)), (8, 12, (2, 1)), (12, 16, (2, 2)), (16, 16, (2, 1)))):
        w[f"d{k}"], w[f"p{k}"], w[f"b{k}"] = numbers(c, 1, 3, 3, seed=k) / 3, numbers(o, c, 1, 1, seed=k) / np.float32(np.sqrt(c)), numbers(o, seed=k) / 8
        nodes += [node("Conv", [x, f"d{k}"], [f"dc{k}"], group=c, pads=[1] * 4, strides=list(strides)), node("Conv", [f"dc{k}", f"p{k}", f"b{k}"], [f"pc{k}"]),
                  node("HardSwish", [f"pc{k}"], [f"h{k}"])]
        x = f"h{k}"
    w.update(se1=numbers(4, 16, 1, 1) / 4, se2=numbers(16, 4, 1, 1) / 2)
    nodes += [node("GlobalAveragePool", [x], ["g"]), node("Conv", ["g", "se1"], ["s1"]), node("Relu", ["s1"], ["s2"]), node("Conv", ["s2", "se2"], ["s3"]),
              node("HardSigmoid", ["s3"], ["s4"]), node("Mul", [x, "s4"], ["se"]), node("MaxPool", ["se"], ["mp"], kernel_shape=[3, 1], strides=[1, 1]),
              node("ReduceMean", ["mp", "rows"], ["flat"], keepdims=0), node("Transpose", ["flat"], ["seq"], perm=[2, 0, 1])]
    w.update(rows=np.array([2]), lw=numbers(2, 24, 16) / 4, lr=numbers(2, 24, 6, seed=1) / 3, lb=numbers(2, 48) / 4, fc=numbers(12, 20), fb=numbers(20),
             merged=np.array([0, 0, 12]))
    nodes += [node("LSTM", ["seq", "lw", "lr", "lb"], ["l"], hidden_size=6, direction="bidirectional"), node("Transpose", ["l"], ["lt"], perm=[2, 0, 1, 3]),
              node("Reshape", ["lt", "merged"], ["lf"]), node("MatMul", ["lf", "fc"], ["m"]), node("Add", ["m", "fb"], ["logits"]),
              node("Softmax", ["logits"], ["y"], axis=2), node("ArgMax", ["y"], ["letters"], axis=2, keepdims=0)]
    return model(nodes, [("x", F, ["N", 3, 48, "W"])], [("y", F), ("letters", I)], weights(**w))


def detector():
    """A pyramid: levels halved twice, grown by Resize to the finer one's size, added, two transposed convolutions, a sigmoid, places above a threshold;
    heights and widths that nothing divides.
    """
    w = {f"c{k}": numbers(8, 3 if k == 0 else 8, 3, 3, seed=k) / np.float32(5 if k == 0 else 8) for k in range(3)}
    w.update(l0=numbers(6, 8, 1, 1) / 3, l1=numbers(6, 8, 1, 1, seed=1) / 3, l2=numbers(6, 8, 1, 1, seed=2) / 3, out=numbers(6, 6, 3, 3) / 7,
             t1=numbers(6, 4, 2, 2) / 3, t2=numbers(4, 1, 2, 2) / 2, threshold=np.float32(.5))
    nodes, x = [], "x"
    for k in range(3):
        nodes += [node("Conv", [x, f"c{k}"], [f"a{k}"], strides=[2, 2], pads=[1] * 4), node("Relu", [f"a{k}"], [f"r{k}"]),
                  node("Conv", [f"r{k}", f"l{k}"], [f"p{k}"])]
        x = f"r{k}"
    up = "p2"
    for k in (1, 0):
        nodes += [node("Shape", [f"p{k}"], [f"s{k}"]),
                  node("Resize", [up, "", "", f"s{k}"], [f"u{k}"], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
                  node("Add", [f"u{k}", f"p{k}"], [f"f{k}"])]
        up = f"f{k}"
    nodes += [node("Conv", ["f0", "out"], ["o"], pads=[1] * 4), node("ConvTranspose", ["o", "t1"], ["o1"], strides=[2, 2]), node("Relu", ["o1"], ["o2"]),
              node("ConvTranspose", ["o2", "t2"], ["o3"], strides=[2, 2]), node("Sigmoid", ["o3"], ["y"]), node("Greater", ["y", "threshold"], ["mask"])]
    return model(nodes, [("x", F, ["N", 3, "H", "W"])], [("y", F), ("mask", B)], weights(**w))


def picture(n, h, w):
    return numbers(n, 3, h, w, seed=w)


def test_text_recogniser_at_fifty_widths():
    """One plan for all: wide, narrow, odd, back again; batches of one to three. Letters where two are near equal are not asked."""
    m = recogniser()
    widths = [48, 320, 7, 100, 161, 33, 64, 321, 1, 2, 3, 4, 5, 9, 640, 17, 19, 23, 31, 41, 53, 67, 79, 83, 97, 101, 113, 127, 128, 129, 131, 149, 160, 163,
              179, 191, 192, 193, 211, 223, 239, 255, 256, 257, 271, 288, 300, 311, 48, 320]
    assert len(widths) == 50
    check(m, [{"x": picture(1 + k % 3 if w < 200 else 1, 48, w)} for k, w in enumerate(widths)])


def test_text_detector_at_odd_sizes():
    check(detector(), [{"x": picture(n, h, w)} for n, h, w in ((1, 64, 64), (1, 37, 91), (2, 33, 48), (1, 5, 200), (1, 8, 8), (1, 1, 1), (1, 100, 63),
                                                               (1, 64, 64))])
