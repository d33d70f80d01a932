// The functions that gates and states of recurrent layers go through, as ONNX lists them.
#pragma once

namespace tenon {

enum class GateFunction {
  relu,  // max(x, 0)
  tanh,
  sigmoid,
  affine,            // alpha x + beta
  leaky_relu,        // x, below 0 alpha x
  thresholded_relu,  // x from alpha on, else 0
  scaled_tanh,       // alpha tanh(beta x)
  hard_sigmoid,      // alpha x + beta within 0 and 1
  elu,               // x, below 0 alpha (e^x - 1)
  softsign,          // x / (1 + |x|)
  softplus,          // ln(1 + e^x)
};

// A function with its parameters.
struct Gate {
  GateFunction function = GateFunction::tanh;
  double alpha = 0, beta = 0;
};

}  // namespace tenon
