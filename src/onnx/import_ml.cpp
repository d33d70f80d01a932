// Of ai.onnx.ml, what is arithmetic on numbers.
#include <cmath>

#include "onnx/import.h"
#include "ops/elementwise/elementwise.h"
#include "ops/gather/gather.h"

namespace tenon::onnx {

namespace {

// Elements of the last axis; of a list the result is a matrix of one row.
void array_feature_extractor(NodeImport& n) {
  const TensorType x = n.tensor(n.in(0)), places = n.tensor(n.in(1));
  check(x.rank() >= 1, ErrorId::onnx_invalid, "x is ", x);
  Value& y = n.add(Gather(-1), {&n.in(0), &n.reshape(n.in(1), {count(places.shape)})});
  n.out(x.rank() == 1 ? n.reshape(y, {1, count(places.shape)}) : y);
}

// 1 above the threshold, else 0. An integer is above it if it is above what the threshold is rounded down to.
void binarizer(NodeImport& n) {
  Value& x = n.in(0);
  ElementType type = n.tensor(x).element;
  double threshold = n.floating("threshold", 0);
  bool counts = integer_types.contains(type);
  check(!counts || std::fabs(threshold) < 0x1p31, ErrorId::unsupported, "the threshold ", threshold, " for ",
        n.tensor(x), " is not supported");
  Value& bound = counts ? n.integer_value(int64_t(std::floor(threshold)), type) : n.number(threshold, type);
  n.out(n.cast(n.binary("greater", x, bound), type));
}

const Import table[] = {
    {"ArrayFeatureExtractor", array_feature_extractor, 1, 1000, "ai.onnx.ml"},
    {"Binarizer", binarizer, 1, 1000, "ai.onnx.ml"},
};

}  // namespace

const Imports import_ml = table;

}  // namespace tenon::onnx
