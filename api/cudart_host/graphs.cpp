// Graphs: what a stream recorded while it captured, run again in one piece.
#include "state.h"

using namespace cudart_host;

struct CUgraph_st {
  std::shared_ptr<std::vector<Work>> work;
};
struct CUgraphExec_st {
  std::shared_ptr<std::vector<Work>> work;
};

extern "C" {

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, enum cudaStreamCaptureMode) {
  if (is_null(stream)) return result(cudaErrorStreamCaptureUnsupported);
  if (!is_stream(stream)) return result(cudaErrorInvalidResourceHandle);
  if (stream->capture) return result(cudaErrorIllegalState);
  stream->capture = std::make_shared<std::vector<Work>>();
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  if (!graph || is_null(stream) || !is_stream(stream)) return result(cudaErrorInvalidValue);
  if (!stream->capture) return result(cudaErrorIllegalState);
  *graph = new CUgraph_st{std::move(stream->capture)};
  stream->capture = nullptr;
  return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, enum cudaStreamCaptureStatus* status) {
  if (!status) return result(cudaErrorInvalidValue);
  bool capturing = !is_null(stream) && is_stream(stream) && stream->capture;
  *status = capturing ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
  return cudaSuccess;
}

// Before version 12 it took five arguments; what stands beyond the second does not matter here.
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  if (!exec || !graph) return result(cudaErrorInvalidValue);
  *exec = new CUgraphExec_st{graph->work};
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  if (!exec) return result(cudaErrorInvalidValue);
  return enqueue(stream, [work = exec->work] {
    for (const Work& w : *work) w();
  });
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  delete exec;
  return cudaSuccess;
}

}  // extern "C"
