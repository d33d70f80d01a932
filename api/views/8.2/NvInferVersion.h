// NvInferVersion.h of the view for programs of version 8.2: the headers are those of 8.6, which only added to it.
#ifndef TENON_8_NV_INFER_VERSION_H
#define TENON_8_NV_INFER_VERSION_H

#define NV_TENSORRT_MAJOR 8
#define NV_TENSORRT_MINOR 2
#define NV_TENSORRT_PATCH 5
#define NV_TENSORRT_BUILD 0

#define NV_TENSORRT_SONAME_MAJOR 8
#define NV_TENSORRT_SONAME_MINOR NV_TENSORRT_MINOR
#define NV_TENSORRT_SONAME_PATCH NV_TENSORRT_PATCH

#endif  // TENON_8_NV_INFER_VERSION_H
