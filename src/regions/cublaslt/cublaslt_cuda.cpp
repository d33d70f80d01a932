// Matrix products by cuBLASLt, with a bias along the columns and relu where they follow.
#include <cublasLt.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "devices/cuda/library.h"
#include "ops/matmul/matmul.h"
#include "regions/cuda_generated/kernels.h"
#include "regions/cuda_generated/libraries.h"
#include "regions/epilogue/epilogue.h"

namespace tenon {

namespace {

constexpr const char* kernel_name = "cublaslt.matmul";
constexpr int64_t workspace_bytes = 32 << 20;

struct CublasLt {
// clang-format off
#define TENON_CUBLASLT_FUNCTIONS(F) \
  F(cublasLtCreate) \
  F(cublasLtMatmulDescCreate) \
  F(cublasLtMatmulDescDestroy) \
  F(cublasLtMatmulDescSetAttribute) \
  F(cublasLtMatrixLayoutCreate) \
  F(cublasLtMatrixLayoutDestroy) \
  F(cublasLtMatrixLayoutSetAttribute) \
  F(cublasLtMatmulPreferenceCreate) \
  F(cublasLtMatmulPreferenceDestroy) \
  F(cublasLtMatmulPreferenceSetAttribute) \
  F(cublasLtMatmulAlgoGetHeuristic) \
  F(cublasLtMatmul)
// clang-format on
#define TENON_ENTRY(name) decltype(&::name) name = nullptr;
  TENON_CUBLASLT_FUNCTIONS(TENON_ENTRY)
#undef TENON_ENTRY
  cublasLtHandle_t handle = nullptr;
  std::string why;

  CublasLt() {
    Library library{"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so", "/usr/local/cuda/lib64/libcublasLt.so"};
    why = library.why();
    if (!library.is_there()) return;
    why.clear();
#define TENON_FIND(name) library.find(name, #name);
    TENON_CUBLASLT_FUNCTIONS(TENON_FIND)
#undef TENON_FIND
    if (library.missing()) why = concat("it has no ", library.missing());
    else if (cublasLtCreate(&handle) != CUBLAS_STATUS_SUCCESS) why = "it cannot be set up";
  }
};
const CublasLt& cublaslt() {
  static const auto* it = new CublasLt;  // never destroyed: the driver may be gone before us at exit
  return *it;
}

void check_status(cublasStatus_t status, const char* call) {
  check(status == CUBLAS_STATUS_SUCCESS, ErrorId::device, call, " failed with status ", int(status));
}

// Created by one call and destroyed by another.
template <class Handle>
class Owned {
 public:
  Owned(Handle handle, cublasStatus_t (*destroy)(Handle)) : handle_(handle), destroy_(destroy) {}
  Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)), destroy_(other.destroy_) {}
  ~Owned() {
    if (handle_) destroy_(handle_);
  }
  Handle get() const { return handle_; }

 private:
  Handle handle_;
  cublasStatus_t (*destroy_)(Handle);
};

struct Tail {
  const Value* bias = nullptr;
  bool relu = false;
};

struct Problem {
  int64_t m, n, k, batch, stride_a, stride_b;
  auto operator<=>(const Problem&) const = default;
};

// Extents of the product: leading axes are one batch, which b may lack.
std::optional<Problem> problem_of(const Extents& a, const Extents& b, const MatMul& op) {
  if (a.rank < 2 || b.rank < 2 || op.transpose_a) return {};
  Problem p{};
  p.m = a[a.rank - 2], p.k = a[a.rank - 1];
  p.n = op.transpose_b ? b[b.rank - 2] : b[b.rank - 1];
  int64_t lead_a = a.count_between(0, a.rank - 2), lead_b = b.count_between(0, b.rank - 2);
  p.batch = 1;
  if (lead_b == 1) {
    p.m *= lead_a;  // rows of all batches meet the same b
  } else {
    if (a.rank != b.rank) return {};
    for (int d = 0; d < a.rank - 2; ++d)
      if (a[d] != b[d]) return {};
    p.batch = lead_a, p.stride_a = p.m * p.k, p.stride_b = p.k * p.n;
  }
  return p;
}

class CublasLtMatmul final : public Kernel {
 public:
  CublasLtMatmul(const MatMul& op, Tail tail, ElementType element) : op_(op), tail_(tail), element_(element) {}
  int64_t scratch_bytes(ConstViews, Views) const override { return workspace_bytes; }

  void run(const Call& call) const override {
    Problem p = *problem_of(call.in[0].extents, call.in[1].extents, op_);
    if (p.m == 0 || p.n == 0 || p.batch == 0) return;
    const Plan& plan = plan_for(p);
    if (tail_.bias) {
      const void* bias = call.in[2].data;
      std::scoped_lock lock(mutex_);  // the description holds the bias's address until the product is enqueued
      set(plan.product, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
      return launch(plan, call);
    }
    launch(plan, call);
  }

 private:
  struct Plan {
    Owned<cublasLtMatmulDesc_t> product;
    Owned<cublasLtMatrixLayout_t> a, b, c;
    cublasLtMatmulAlgo_t algorithm;
  };

  template <class T>
  static void set(const Owned<cublasLtMatmulDesc_t>& product, cublasLtMatmulDescAttributes_t what, const T& value) {
    check_status(cublaslt().cublasLtMatmulDescSetAttribute(product.get(), what, &value, sizeof value),
                 "cublasLtMatmulDescSetAttribute");
  }

  cudaDataType_t data_type() const {
    return element_ == ElementType::f16 ? CUDA_R_16F : element_ == ElementType::bf16 ? CUDA_R_16BF : CUDA_R_32F;
  }

  Owned<cublasLtMatrixLayout_t> layout(int64_t rows, int64_t columns, int64_t lead, int64_t batch,
                                       int64_t stride) const {
    cublasLtMatrixLayout_t made = nullptr;
    check_status(cublaslt().cublasLtMatrixLayoutCreate(&made, data_type(), uint64_t(rows), uint64_t(columns), lead),
                 "cublasLtMatrixLayoutCreate");
    Owned<cublasLtMatrixLayout_t> owned(made, cublaslt().cublasLtMatrixLayoutDestroy);
    if (batch > 1) {
      auto count = int32_t(batch);
      cublaslt().cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count);
      cublaslt().cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride,
                                                  sizeof stride);
    }
    return owned;
  }

  // cuBLAS counts columns first: what it calls a is our b, and the product comes out as we store it.
  Plan make_plan(const Problem& p) const {
    const CublasLt& c = cublaslt();
    cublasLtMatmulDesc_t made = nullptr;
    check_status(c.cublasLtMatmulDescCreate(&made, CUBLAS_COMPUTE_32F, CUDA_R_32F), "cublasLtMatmulDescCreate");
    Owned<cublasLtMatmulDesc_t> product(made, c.cublasLtMatmulDescDestroy);
    set(product, CUBLASLT_MATMUL_DESC_TRANSA, op_.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
    cublasLtEpilogue_t epilogue = tail_.bias   ? (tail_.relu ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_BIAS)
                                  : tail_.relu ? CUBLASLT_EPILOGUE_RELU
                                               : CUBLASLT_EPILOGUE_DEFAULT;
    set(product, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
    if (tail_.bias) set(product, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, data_type());
    auto a = op_.transpose_b ? layout(p.k, p.n, p.k, p.batch, p.stride_b) : layout(p.n, p.k, p.n, p.batch, p.stride_b);
    auto b = layout(p.k, p.m, p.k, p.batch, p.stride_a);
    auto y = layout(p.n, p.m, p.n, p.batch, p.m * p.n);
    cublasLtMatmulPreference_t preference = nullptr;
    check_status(c.cublasLtMatmulPreferenceCreate(&preference), "cublasLtMatmulPreferenceCreate");
    Owned<cublasLtMatmulPreference_t> wish(preference, c.cublasLtMatmulPreferenceDestroy);
    auto bytes = uint64_t(workspace_bytes);
    c.cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &bytes, sizeof bytes);
    cublasLtMatmulHeuristicResult_t best{};
    int found = 0;
    cublasStatus_t status = c.cublasLtMatmulAlgoGetHeuristic(c.handle, product.get(), a.get(), b.get(), y.get(),
                                                             y.get(), preference, 1, &best, &found);
    check(status == CUBLAS_STATUS_SUCCESS && found > 0, ErrorId::device, "cuBLASLt has no algorithm for a product of ",
          p.m, "x", p.k, " and ", p.k, "x", p.n);
    return {std::move(product), std::move(a), std::move(b), std::move(y), best.algo};
  }

  const Plan& plan_for(const Problem& p) const {
    std::scoped_lock lock(plans_mutex_);
    auto it = plans_.find(p);
    if (it == plans_.end()) it = plans_.emplace(p, make_plan(p)).first;
    return it->second;
  }

  void launch(const Plan& plan, const Call& call) const {
    float one = 1, zero = 0;
    check_status(cublaslt().cublasLtMatmul(cublaslt().handle, plan.product.get(), &one, call.in[1].data, plan.a.get(),
                                           call.in[0].data, plan.b.get(), &zero, call.out[0].data, plan.c.get(),
                                           call.out[0].data, plan.c.get(), &plan.algorithm, call.scratch,
                                           size_t(workspace_bytes), static_cast<cudaStream_t>(call.stream)),
                 "cublasLtMatmul");
  }

  MatMul op_;
  Tail tail_;
  ElementType element_;
  mutable std::mutex mutex_, plans_mutex_;
  mutable std::map<Problem, Plan> plans_;  // by shape; nodes stay where they are
};

constexpr auto is_matmul = [](const Node& node) -> bool { return as<MatMul>(node); };

std::optional<Tail> tail_of(const Epilogue& e) {
  std::optional<std::vector<TailStep>> steps = steps_of(e);
  if (!steps) return {};
  Tail tail;
  size_t i = 0;
  const Shape& y = e.anchor().output().shape();
  if (i < steps->size() && (*steps)[i].kind == TailStep::add) {
    const Shape& side = (*steps)[i].side->shape();
    if (side.empty() || !(side.back() == y.back()) || !(count(side) == side.back())) return {};
    tail.bias = (*steps)[i++].side;
  }
  if (i < steps->size() && (*steps)[i].kind == TailStep::activation && std::string_view((*steps)[i].name) == "relu") {
    tail.relu = true;
    ++i;
  }
  return i == steps->size() ? std::optional(tail) : std::nullopt;
}

class CublasLtProvider final : public Provider {
 public:
  const char* name() const override { return "cublaslt"; }
  std::vector<std::string> kernels() const override { return {kernel_name}; }

  void offers(const Node& root, const Target& target, Offers& offers) const override {
    if (!target.device || root.inputs().empty()) return;
    for (const Epilogue& e : epilogues(root, is_matmul)) {
      if (!cublaslt().why.empty()) return offers.refuse(kernel_name, "cuBLASLt is not there");
      const Node& matmul = e.anchor();
      std::optional<Tail> tail = tail_of(e);
      if (!tail) {
        offers.refuse(kernel_name, "the tail is neither a bias nor relu");
        continue;
      }
      const Value &a = matmul.input(0), &b = matmul.input(1);
      if (!problem_of(at(a.shape(), target.typical), at(b.shape(), target.typical), *as<MatMul>(matmul))) {
        offers.refuse(kernel_name, "operands are vectors, transposed on the left, or broadcast");
        continue;
      }
      for (ElementType f32_as : {ElementType::f32, ElementType::f16}) {
        Format y = cuda::device_format(*e.region.exits[0], f32_as);
        if (y.element != ElementType::f32 && !half_types.contains(y.element)) continue;
        if (f32_as == ElementType::f16 && a.element() != ElementType::f32) continue;
        Offer o;
        o.provider = this;
        o.kernel = kernel_name;
        o.region = e.region;
        o.operands = {{&a, cuda::device_format(a, f32_as)}, {&b, cuda::device_format(b, f32_as)}};
        if (tail->bias) o.operands.push_back({tail->bias, cuda::device_format(*tail->bias, f32_as)});
        o.results = {y};
        TypicalViews views = typical_views(matmul, target);
        price_on_device(o, target, matmul.op().work(views.in, views.out), .5);
        offers.accept(std::move(o));
      }
    }
  }

  std::unique_ptr<Kernel> prepare(const Offer& offer, const Target&) const override {
    for (const Epilogue& e : epilogues(offer.region.root(), is_matmul))
      if (e.region.nodes == offer.region.nodes)
        return std::make_unique<CublasLtMatmul>(*as<MatMul>(e.anchor()), *tail_of(e), offer.results[0].element);
    fail(ErrorId::internal, "no product in the region of '", offer.region.root().output().name, "'");
  }
};

}  // namespace

std::string why_no_cublaslt() { return cublaslt().why; }

static const CublasLtProvider provider;
extern const Provider& cublaslt_provider;
const Provider& cublaslt_provider = provider;

}  // namespace tenon
