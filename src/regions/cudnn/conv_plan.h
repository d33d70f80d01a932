// One convolution of one shape, set up in cuDNN.
#pragma once
#include "ops/conv/conv.h"
#include "regions/cudnn/library.h"
#include "select/format.h"

namespace tenon::cudnn {

struct ConvSetup {
  Conv conv;
  Format format;
  bool bias = false, residual = false, relu = false;
  bool pairs = false;  // of numbers that TF32 holds: the tensor cores may take them
};

// All that cuDNN knows of one shape.
class ConvPlan {
 public:
  ConvPlan(const ConvSetup& setup, const Extents& x, const Extents& w, const Extents& y);
  size_t workspace() const { return workspace_; }
  void run(const void* x, const void* w, const void* bias, const void* residual, void* y, void* workspace,
           void* stream) const;

 private:
  bool fused() const { return setup_.bias || setup_.residual || setup_.relu; }
  void choose_algorithm();

  ConvSetup setup_;
  const Functions& f_ = functions();
  Descriptor<cudnnTensorDescriptor_t> x_{f_.cudnnCreateTensorDescriptor, f_.cudnnDestroyTensorDescriptor},
      y_{f_.cudnnCreateTensorDescriptor, f_.cudnnDestroyTensorDescriptor},
      bias_{f_.cudnnCreateTensorDescriptor, f_.cudnnDestroyTensorDescriptor};
  Descriptor<cudnnFilterDescriptor_t> w_{f_.cudnnCreateFilterDescriptor, f_.cudnnDestroyFilterDescriptor};
  Descriptor<cudnnConvolutionDescriptor_t> conv_{f_.cudnnCreateConvolutionDescriptor,
                                                 f_.cudnnDestroyConvolutionDescriptor};
  Descriptor<cudnnActivationDescriptor_t> activation_{f_.cudnnCreateActivationDescriptor,
                                                      f_.cudnnDestroyActivationDescriptor};
  cudnnConvolutionFwdAlgo_t algorithm_{};
  size_t workspace_ = 0;
};

}  // namespace tenon::cudnn
