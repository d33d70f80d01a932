// cuDNN's functions, found when they are first needed.
#pragma once
#include <cudnn.h>

#include <mutex>
#include <string>

namespace tenon::cudnn {

struct Functions {
// clang-format off
#define TENON_CUDNN_FUNCTIONS(F) \
  F(cudnnCreate) \
  F(cudnnSetStream) \
  F(cudnnGetErrorString) \
  F(cudnnCreateTensorDescriptor) \
  F(cudnnDestroyTensorDescriptor) \
  F(cudnnSetTensorNdDescriptorEx) \
  F(cudnnCreateFilterDescriptor) \
  F(cudnnDestroyFilterDescriptor) \
  F(cudnnSetFilterNdDescriptor) \
  F(cudnnCreateConvolutionDescriptor) \
  F(cudnnDestroyConvolutionDescriptor) \
  F(cudnnSetConvolutionNdDescriptor) \
  F(cudnnSetConvolutionGroupCount) \
  F(cudnnSetConvolutionMathType) \
  F(cudnnGetConvolutionForwardAlgorithm_v7) \
  F(cudnnGetConvolutionForwardWorkspaceSize) \
  F(cudnnConvolutionForward) \
  F(cudnnConvolutionBiasActivationForward) \
  F(cudnnCreateActivationDescriptor) \
  F(cudnnDestroyActivationDescriptor) \
  F(cudnnSetActivationDescriptor)
// clang-format on
#define TENON_ENTRY(name) decltype(&::name) name = nullptr;
  TENON_CUDNN_FUNCTIONS(TENON_ENTRY)
#undef TENON_ENTRY
  cudnnHandle_t handle = nullptr;
  std::string why;  // it cannot be had; empty: it can

  Functions();
};
const Functions& functions();
std::mutex& handle_mutex();  // a handle has one stream at a time; work is enqueued in microseconds
void check_status(cudnnStatus_t status, const char* call);

// A descriptor, created by one function and destroyed by another.
template <class D>
class Descriptor {
 public:
  Descriptor(cudnnStatus_t (*create)(D*), cudnnStatus_t (*destroy)(D)) : destroy_(destroy) {
    check_status(create(&it_), "cudnnCreateDescriptor");
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { destroy_(it_); }
  operator D() const { return it_; }

 private:
  D it_ = nullptr;
  cudnnStatus_t (*destroy_)(D);
};

}  // namespace tenon::cudnn
