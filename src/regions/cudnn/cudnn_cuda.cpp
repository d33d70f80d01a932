// Convolutions by cuDNN, with the node's bias, a residual and relu where they follow.
#include <cudnn.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "devices/cuda/cuda_device.h"
#include "devices/cuda/library.h"
#include "ops/constant/constant.h"
#include "ops/conv/conv.h"
#include "regions/cuda_generated/kernels.h"
#include "regions/cuda_generated/libraries.h"
#include "regions/epilogue/epilogue.h"

namespace tenon {

namespace {

constexpr const char* kernel_name = "cudnn.conv";

struct Cudnn {
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
  std::string why;

  Cudnn() {
    Library library{"libcudnn.so.9", "libcudnn.so", "/usr/local/cuda/lib64/libcudnn.so.9"};
    why = library.why();
    if (!library.is_there()) return;
    // cuDNN loads it when it first needs it, and ends the process where it is not there.
    why = why_no_cublaslt().empty() ? "" : "it needs cuBLASLt";
    if (!why.empty()) return;
#define TENON_FIND(name) library.find(name, #name);
    TENON_CUDNN_FUNCTIONS(TENON_FIND)
#undef TENON_FIND
    if (library.missing()) why = concat("it has no ", library.missing());
    else if (cudnnCreate(&handle) != CUDNN_STATUS_SUCCESS) why = "it cannot be set up";
  }
};
const Cudnn& cudnn() {
  static const auto* it = new Cudnn;  // never destroyed: the driver may be gone before us at exit
  return *it;
}
std::mutex& handle_mutex() {  // a handle has one stream at a time; work is enqueued in microseconds
  static std::mutex mutex;
  return mutex;
}

void check_status(cudnnStatus_t status, const char* call) {
  check(status == CUDNN_STATUS_SUCCESS, ErrorId::device, call, " failed: ", cudnn().cudnnGetErrorString(status));
}

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

cudnnDataType_t data_type(ElementType e) {
  return e == ElementType::f16 ? CUDNN_DATA_HALF : e == ElementType::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

// Two spatial axes at least: cuDNN knows no fewer.
std::vector<int> dims_of(const Extents& e) {
  std::vector<int> dims;
  for (int d = 0; d < e.rank; ++d) {
    check(e[d] <= INT32_MAX, ErrorId::limit_exceeded, "an extent of ", e[d], " is too large for cuDNN");
    if (d == 2 && e.rank == 3) dims.push_back(1);
    dims.push_back(int(e[d]));
  }
  return dims;
}

struct ConvSetup {
  Conv conv;
  Format format;
  bool bias = false, residual = false, relu = false;
};

// All that cuDNN knows of one shape.
class ConvPlan {
 public:
  ConvPlan(const ConvSetup& setup, const Extents& x, const Extents& w, const Extents& y) : setup_(setup) {
    cudnnTensorFormat_t order = setup.format.layout == Layout::nhwc ? CUDNN_TENSOR_NHWC : CUDNN_TENSOR_NCHW;
    cudnnDataType_t type = data_type(setup.format.element);
    auto describe = [&](cudnnTensorDescriptor_t d, const std::vector<int>& dims) {
      check_status(cudnn().cudnnSetTensorNdDescriptorEx(d, order, type, int(dims.size()), dims.data()),
                   "cudnnSetTensorNdDescriptorEx");
    };
    describe(x_, dims_of(x));
    describe(y_, dims_of(y));
    std::vector<int> bias(dims_of(y).size(), 1), filter = dims_of(w);
    bias[1] = int(y[1]);
    describe(bias_, bias);
    check_status(cudnn().cudnnSetFilterNdDescriptor(w_, type, order, int(filter.size()), filter.data()),
                 "cudnnSetFilterNdDescriptor");
    std::vector<int> pads, strides, dilations;
    if (x.rank == 3) pads.push_back(0), strides.push_back(1), dilations.push_back(1);
    for (int i = 0; i + 2 < x.rank; ++i) {
      Slide s = setup.conv.slide(i, x[i + 2], w[i + 2]);
      pads.push_back(int(s.pad_begin)), strides.push_back(int(s.stride)), dilations.push_back(int(s.dilation));
    }
    check_status(cudnn().cudnnSetConvolutionNdDescriptor(conv_, int(pads.size()), pads.data(), strides.data(),
                                                         dilations.data(), CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
                 "cudnnSetConvolutionNdDescriptor");
    check_status(cudnn().cudnnSetConvolutionGroupCount(conv_, int(setup.conv.groups)), "cudnnSetConvolutionGroupCount");
    // FP32 means FP32: no TF32 behind a program's back.
    cudnnMathType_t math = setup.format.element == ElementType::f32 ? CUDNN_FMA_MATH : CUDNN_TENSOR_OP_MATH;
    check_status(cudnn().cudnnSetConvolutionMathType(conv_, math), "cudnnSetConvolutionMathType");
    check_status(
        cudnn().cudnnSetActivationDescriptor(
            activation_, setup.relu ? CUDNN_ACTIVATION_RELU : CUDNN_ACTIVATION_IDENTITY, CUDNN_PROPAGATE_NAN, 0),
        "cudnnSetActivationDescriptor");
    choose_algorithm();
  }

  size_t workspace() const { return workspace_; }

  void run(const void* x, const void* w, const void* bias, const void* residual, void* y, void* workspace,
           void* stream) const {
    std::scoped_lock lock(handle_mutex());
    const Cudnn& c = cudnn();
    check_status(c.cudnnSetStream(c.handle, static_cast<cudaStream_t>(stream)), "cudnnSetStream");
    float one = 1, zero = 0;
    if (!fused())
      return check_status(c.cudnnConvolutionForward(c.handle, &one, x_, x, w_, w, conv_, algorithm_, workspace,
                                                    workspace_, &zero, y_, y),
                          "cudnnConvolutionForward");
    const float& keep = residual ? one : zero;
    check_status(
        c.cudnnConvolutionBiasActivationForward(c.handle, &one, x_, x, w_, w, conv_, algorithm_, workspace, workspace_,
                                                &keep, y_, residual ? residual : y, bias_, bias, activation_, y_, y),
        "cudnnConvolutionBiasActivationForward");
  }

 private:
  bool fused() const { return setup_.bias || setup_.residual || setup_.relu; }

  // Identity as an activation goes with one algorithm alone.
  void choose_algorithm() {
    const Cudnn& c = cudnn();
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

  ConvSetup setup_;
  Descriptor<cudnnTensorDescriptor_t> x_{cudnn().cudnnCreateTensorDescriptor, cudnn().cudnnDestroyTensorDescriptor},
      y_{cudnn().cudnnCreateTensorDescriptor, cudnn().cudnnDestroyTensorDescriptor},
      bias_{cudnn().cudnnCreateTensorDescriptor, cudnn().cudnnDestroyTensorDescriptor};
  Descriptor<cudnnFilterDescriptor_t> w_{cudnn().cudnnCreateFilterDescriptor, cudnn().cudnnDestroyFilterDescriptor};
  Descriptor<cudnnConvolutionDescriptor_t> conv_{cudnn().cudnnCreateConvolutionDescriptor,
                                                 cudnn().cudnnDestroyConvolutionDescriptor};
  Descriptor<cudnnActivationDescriptor_t> activation_{cudnn().cudnnCreateActivationDescriptor,
                                                      cudnn().cudnnDestroyActivationDescriptor};
  cudnnConvolutionFwdAlgo_t algorithm_{};
  size_t workspace_ = 0;
};

class CudnnConv final : public Kernel {
 public:
  CudnnConv(Device& device, ConvSetup setup, int64_t channels) : device_(device), setup_(std::move(setup)) {
    if (setup_.bias || !(setup_.relu || setup_.residual)) return;
    int64_t bytes = channels * size_bytes(setup_.format.element);  // cuDNN fuses nothing without a bias
    zeros_ = device.allocate(bytes, "a bias of zeros");
    std::shared_ptr<void> stream = device.make_stream();
    device.fill(zeros_.get(), 0, bytes, stream.get());
    device.synchronize(stream.get());
  }

  int64_t scratch_bytes(ConstViews in, Views out) const override {
    if (out[0].count() == 0) return 0;
    return int64_t(plan_for(in[0].extents, in[1].extents, out[0].extents).workspace());
  }

  void run(const Call& call) const override {
    if (call.out[0].count() == 0) return;
    size_t next = 2;
    const void* bias = setup_.bias ? call.in[next++].data : zeros_.get();
    const void* residual = setup_.residual ? call.in[next].data : nullptr;
    plan_for(call.in[0].extents, call.in[1].extents, call.out[0].extents)
        .run(call.in[0].data, call.in[1].data, bias, residual, call.out[0].data, call.scratch, call.stream);
  }

 private:
  const ConvPlan& plan_for(const Extents& x, const Extents& w, const Extents& y) const {
    static_cast<const CudaDevice&>(device_).use();
    std::scoped_lock lock(mutex_);
    auto& plan = plans_[{x.begin(), x.end()}];
    if (!plan) plan = std::make_unique<ConvPlan>(setup_, x, w, y);
    return *plan;
  }

  Device& device_;
  ConvSetup setup_;
  std::shared_ptr<std::byte> zeros_;
  mutable std::mutex mutex_;
  mutable std::map<std::vector<int64_t>, std::unique_ptr<ConvPlan>> plans_;
};

constexpr auto is_conv = [](const Node& node) -> bool { return as<Conv>(node); };

struct Tail {
  const Value* residual = nullptr;
  bool relu = false;
};
std::optional<Tail> tail_of(const Epilogue& e) {
  std::optional<std::vector<TailStep>> steps = steps_of(e);
  if (!steps) return {};
  Tail tail;
  size_t i = 0;
  if (i < steps->size() && (*steps)[i].kind == TailStep::add) {
    if ((*steps)[i].side->shape() != e.anchor().output().shape()) return {};
    tail.residual = (*steps)[i++].side;
  }
  if (i < steps->size() && (*steps)[i].kind == TailStep::activation && std::string_view((*steps)[i].name) == "relu") {
    tail.relu = true;
    ++i;
  }
  return i == steps->size() ? std::optional(tail) : std::nullopt;
}

// Why cuDNN cannot take the node in `format`; empty: it can. Asks cuDNN itself, at the typical shape.
std::string refusal(const Node& node, const ConvSetup& setup, const Target& target) {
  const Conv& conv = setup.conv;
  Extents x = at(node.input(0).shape(), target.typical), w = at(node.input(1).shape(), target.typical),
          y = at(node.output().shape(), target.typical);
  if (y.count() == 0 || x.count() == 0) return "nothing to compute";
  for (int i = 0; i + 2 < x.rank; ++i) {
    Slide s = conv.slide(i, x[i + 2], w[i + 2]);
    int64_t reach = s.input + 2 * s.pad_begin - (s.dilation * (s.extent - 1) + 1);
    if (reach < 0 || reach / s.stride + 1 != s.output) return "padding differs at the two ends";
    if (!node.input(0).shape()[size_t(i + 2)].known() && conv.auto_pad != AutoPad::explicit_pads)
      return "padding depends on an open extent";
  }
  try {
    static_cast<const CudaDevice&>(*target.device).use();
    ConvPlan(setup, x, w, y);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

class CudnnProvider final : public Provider {
 public:
  const char* name() const override { return "cudnn"; }
  std::vector<std::string> kernels() const override { return {kernel_name}; }

  void offers(const Node& root, const Target& target, Offers& offers) const override {
    if (!target.device || root.inputs().empty()) return;
    for (const Epilogue& e : epilogues(root, is_conv)) {
      if (!cudnn().why.empty()) return offers.refuse(kernel_name, "cuDNN is not there");
      std::optional<Tail> tail = tail_of(e);
      if (!tail) {
        offers.refuse(kernel_name, "the tail is neither a residual nor relu");
        continue;
      }
      offer(e, *tail, {ElementType::f32, Layout::plain, Space::device}, target, offers);
      offer(e, *tail, {ElementType::f16, Layout::nhwc, Space::device}, target, offers);
    }
  }

  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target& target) const override {
    for (const Epilogue& e : epilogues(offer.region.root(), is_conv))
      if (e.region.nodes == offer.region.nodes)
        return std::make_unique<CudnnConv>(*target.device, setup_of(e, *tail_of(e), offer.results[0]),
                                           e.anchor().output().shape()[1].value());
    fail(ErrorId::internal, "no convolution in the region of '", offer.region.root().output().name, "'");
  }

 private:
  static ConvSetup setup_of(const Epilogue& e, const Tail& tail, Format format) {
    return {*as<Conv>(e.anchor()), format, e.anchor().input_count() == 3, tail.residual != nullptr, tail.relu};
  }

  void offer(const Epilogue& e, const Tail& tail, Format format, const Target& target, Offers& offers) const {
    const Node& conv = e.anchor();
    ElementType nominal = conv.input(0).element();
    if (nominal != format.element && !(nominal == ElementType::f32 && format.element == ElementType::f16))
      return offers.refuse(kernel_name, concat(format, " for elements of ", nominal));
    if (!conv.output().shape()[1].known() || !all_known(conv.input(1).shape()))
      return offers.refuse(kernel_name, "the filter's shape is open");
    if (std::string why = refusal(conv, setup_of(e, tail, format), target); !why.empty())
      return offers.refuse(concat(kernel_name, " ", format), why);
    Offer o;
    o.provider = this;
    o.kernel = kernel_name;
    o.region = e.region;
    o.operands = {{&conv.input(0), format}, {&conv.input(1), format}};
    if (conv.input_count() == 3) o.operands.push_back({&conv.input(2), {format.element, Layout::plain, Space::device}});
    if (tail.residual) o.operands.push_back({tail.residual, format});
    o.results = {format};
    TypicalViews views = typical_views(conv, target);
    price_on_device(o, target, conv.op().work(views.in, views.out), .4);
    offers.accept(std::move(o));
  }
};

}  // namespace

std::string why_no_cudnn() { return cudnn().why; }

static const CudnnProvider provider;
extern const Provider& cudnn_provider;
const Provider& cudnn_provider = provider;

}  // namespace tenon
