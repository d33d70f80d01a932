// Layers over sequences of different lengths: recurrent ones of generation 8, and softmax over beginnings of rows.
#pragma once
#include <map>

#include "objects/layer.h"

namespace tenon::objects {

// Several recurrences one above the other. x is [N…,T,E]; y [N…,T,H], H of each direction behind one another; the last
// hidden states, and of an LSTM the last cells, [N…,L,H]: layer by layer, in both directions one after the other. So
// are the first states, inputs 1 and 2; input 3 are the lengths [N…]. Weights that read x are [H,E], or [H,inputs of
// the layer]; those that read the state [H,H]. The gates are nvinfer1's: of a GRU z, r, h with the reset behind the
// product, of an RNN kINPUT. With kSKIP the lowest layer takes x as it is, in place of a product. Biases that nobody
// sets are 0.
struct TENON_OBJECT Rnnv2Layer final : Layer {
  int32_t layer_count, hidden_size, max_length;
  RNNOperation operation;
  RNNInputMode input_mode = RNNInputMode::linear;
  RNNDirection direction = RNNDirection::unidirection;
  struct Place {
    int32_t layer;
    RNNGateType gate;
    bool of_x;
    auto operator<=>(const Place&) const = default;
  };
  std::map<Place, GivenWeights> weights, biases;

  Rnnv2Layer(Network& n, int32_t layers, int32_t hidden, int32_t length, RNNOperation o);
  void set_operation(RNNOperation o);  // not from or to an LSTM, which has a result more
  void set_weights(int32_t layer, RNNGateType gate, bool of_x, const GivenWeights& w);
  void set_bias(int32_t layer, RNNGateType gate, bool of_x, const GivenWeights& b);
  GivenWeights weights_of(int32_t layer, RNNGateType gate, bool of_x) const;
  GivenWeights bias_of(int32_t layer, RNNGateType gate, bool of_x) const;
  int32_t data_length() const;
  void set_hidden(Tensor& t) { set_input(1, t); }
  void set_cell(Tensor& t);
  void set_lengths(Tensor& t) { set_input(3, t); }
  Tensor* hidden() const { return given(1); }
  Tensor* cell() const { return given(2); }
  Tensor* lengths() const { return given(3); }
  int outputs_made() const override { return operation == RNNOperation::lstm ? 3 : 2; }
  Values build(Draft& draft) const override;

 private:
  int32_t ways() const { return direction == RNNDirection::bidirection ? 2 : 1; }
  Place place(int32_t layer, RNNGateType gate, bool of_x) const;
  Tensor* given(size_t i) const { return i < inputs.size() ? inputs[i] : nullptr; }
  Values one(Draft& draft, int32_t layer, tenon::Value& x, Values states) const;
  tenon::Value& matrices(Draft& draft, int32_t layer, bool of_x, int64_t columns) const;
  tenon::Value& all_biases(Draft& draft, int32_t layer) const;
};

// Softmax over the first elements of each row, as many as its bound says; zeros behind them. Operands: x [N…,S] and the
// bounds [N…,1]; one below 0 counts as 0, one above S as S.
struct TENON_OBJECT RaggedSoftMaxLayer final : Layer {
  explicit RaggedSoftMaxLayer(Network& n) : Layer(n, LayerType::ragged_softmax) {}
  Values build(Draft& draft) const override;
};

}  // namespace tenon::objects
