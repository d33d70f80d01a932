#include <vector>

#include "base/error.h"
#include "regions/cudnn/conv_plan.h"

namespace tenon::cudnn {

static cudnnDataType_t data_type(ElementType e) {
  return e == ElementType::f16 ? CUDNN_DATA_HALF : e == ElementType::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

// Two spatial axes at least: cuDNN knows no fewer.
static std::vector<int> dims_of(const Extents& e) {
  std::vector<int> dims;
  for (int d = 0; d < e.rank; ++d) {
    check(e[d] <= INT32_MAX, ErrorId::limit_exceeded, "an extent of ", e[d], " is too large for cuDNN");
    if (d == 2 && e.rank == 3) dims.push_back(1);
    dims.push_back(int(e[d]));
  }
  return dims;
}

ConvPlan::ConvPlan(const ConvSetup& setup, const Extents& x, const Extents& w, const Extents& y) : setup_(setup) {
  cudnnTensorFormat_t order = setup.format.layout == Layout::nhwc ? CUDNN_TENSOR_NHWC : CUDNN_TENSOR_NCHW;
  cudnnDataType_t type = data_type(setup.format.element);
  auto describe = [&](cudnnTensorDescriptor_t d, const std::vector<int>& dims) {
    check_status(f_.cudnnSetTensorNdDescriptorEx(d, order, type, int(dims.size()), dims.data()),
                 "cudnnSetTensorNdDescriptorEx");
  };
  describe(x_, dims_of(x));
  describe(y_, dims_of(y));
  std::vector<int> bias(dims_of(y).size(), 1), filter = dims_of(w);
  bias[1] = int(y[1]);
  describe(bias_, bias);
  check_status(f_.cudnnSetFilterNdDescriptor(w_, type, order, int(filter.size()), filter.data()),
               "cudnnSetFilterNdDescriptor");
  std::vector<int> pads, strides, dilations;
  if (x.rank == 3) pads.push_back(0), strides.push_back(1), dilations.push_back(1);
  for (int i = 0; i + 2 < x.rank; ++i) {
    Slide s = setup.conv.slide(i, x[i + 2], w[i + 2]);
    pads.push_back(int(s.pad_begin)), strides.push_back(int(s.stride)), dilations.push_back(int(s.dilation));
  }
  check_status(f_.cudnnSetConvolutionNdDescriptor(conv_, int(pads.size()), pads.data(), strides.data(),
                                                  dilations.data(), CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
               "cudnnSetConvolutionNdDescriptor");
  check_status(f_.cudnnSetConvolutionGroupCount(conv_, int(setup.conv.groups)), "cudnnSetConvolutionGroupCount");
  // FP32 means FP32: no TF32 behind a program's back.
  bool exact = setup.format.element == ElementType::f32 && !setup.pairs;
  cudnnMathType_t math = exact ? CUDNN_FMA_MATH : CUDNN_TENSOR_OP_MATH;
  check_status(f_.cudnnSetConvolutionMathType(conv_, math), "cudnnSetConvolutionMathType");
  check_status(f_.cudnnSetActivationDescriptor(
                   activation_, setup.relu ? CUDNN_ACTIVATION_RELU : CUDNN_ACTIVATION_IDENTITY, CUDNN_PROPAGATE_NAN, 0),
               "cudnnSetActivationDescriptor");
  choose_algorithm();
}

void ConvPlan::run(const void* x, const void* w, const void* bias, const void* residual, void* y, void* workspace,
                   void* stream) const {
  std::scoped_lock lock(handle_mutex());
  const Functions& c = f_;
  check_status(c.cudnnSetStream(c.handle, static_cast<cudaStream_t>(stream)), "cudnnSetStream");
  float one = 1, zero = 0;
  if (!fused())
    return check_status(
        c.cudnnConvolutionForward(c.handle, &one, x_, x, w_, w, conv_, algorithm_, workspace, workspace_, &zero, y_, y),
        "cudnnConvolutionForward");
  const float& keep = residual ? one : zero;
  check_status(
      c.cudnnConvolutionBiasActivationForward(c.handle, &one, x_, x, w_, w, conv_, algorithm_, workspace, workspace_,
                                              &keep, y_, residual ? residual : y, bias_, bias, activation_, y_, y),
      "cudnnConvolutionBiasActivationForward");
}

// Identity as an activation goes with one algorithm alone.
void ConvPlan::choose_algorithm() {
  const Functions& c = f_;
  cudnnConvolutionFwdAlgoPerf_t list[CUDNN_CONVOLUTION_FWD_ALGO_COUNT];
  int found = 0;
  std::scoped_lock lock(handle_mutex());
  check_status(c.cudnnGetConvolutionForwardAlgorithm_v7(c.handle, x_, w_, conv_, y_, CUDNN_CONVOLUTION_FWD_ALGO_COUNT,
                                                        &found, list),
               "cudnnGetConvolutionForwardAlgorithm");
  for (int i = 0; i < found; ++i) {
    bool winograd = list[i].algo == CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD ||
                    list[i].algo == CUDNN_CONVOLUTION_FWD_ALGO_WINOGRAD_NONFUSED;
    bool fourier =
        list[i].algo == CUDNN_CONVOLUTION_FWD_ALGO_FFT || list[i].algo == CUDNN_CONVOLUTION_FWD_ALGO_FFT_TILING;
    bool fits = !fused() || setup_.relu || list[i].algo == CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM;
    if (list[i].status != CUDNN_STATUS_SUCCESS || winograd || fourier || !fits) continue;  // exact sums only
    algorithm_ = list[i].algo;
    check_status(c.cudnnGetConvolutionForwardWorkspaceSize(c.handle, x_, w_, conv_, y_, algorithm_, &workspace_),
                 "cudnnGetConvolutionForwardWorkspaceSize");
    return;
  }
  fail(ErrorId::device, "cuDNN has no algorithm");
}

}  // namespace tenon::cudnn
