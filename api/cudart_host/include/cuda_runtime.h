/* What programs include for the runtime as a whole. */
#ifndef TENON_CUDA_RUNTIME_H
#define TENON_CUDA_RUNTIME_H
#include "cuda_runtime_api.h"
#endif
