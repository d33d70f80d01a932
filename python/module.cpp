// The native part of the Python module `tenon`: buffers in, buffers out; names and numpy are python/tenon's affair.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <tenon.h>

#include "network.h"

namespace py = pybind11;
using tenon::api::Model;

namespace {

std::vector<tenon::api::TensorRef> refs(const std::vector<py::buffer_info>& buffers,
                                        const std::vector<std::vector<int64_t>>& shapes) {
  std::vector<tenon::api::TensorRef> list;
  for (size_t i = 0; i < buffers.size(); ++i)
    list.push_back({buffers[i].ptr, shapes[i], size_t(buffers[i].size * buffers[i].itemsize)});
  return list;
}

std::vector<py::buffer_info> request(const std::vector<py::buffer>& list, bool writable) {
  std::vector<py::buffer_info> infos;
  for (const py::buffer& b : list) infos.push_back(b.request(writable));
  return infos;
}

}  // namespace

// Ctrl-C ends a build; what Python's signal handler raised is then what `load` raises.
static bool interrupted() {
  py::gil_scoped_acquire acquire;
  return PyErr_CheckSignals() != 0;
}

// The fields of tenon.h's Options, but for the one that Python has signals for.
static void add_options(py::module_& m) {
  using tenon::api::Options;
  py::class_<Options>(m, "Options")
      .def(py::init([] {
        Options options;
        options.cancelled = interrupted;
        return options;
      }))
      .def_readwrite("device", &Options::device)
      .def_readwrite("permit", &Options::permit)
      .def_readwrite("keep", &Options::keep)
      .def_readwrite("threads", &Options::threads)
      .def_readwrite("optimize", &Options::optimize)
      .def_readwrite("tuning_ms", &Options::tuning_ms)
      .def_readwrite("providers", &Options::providers)
      .def_readwrite("timing_cache", &Options::timing_cache)
      .def("set_range",
           [](Options& options, const std::string& name, int64_t lowest, int64_t typical, int64_t highest) {
             options.profile[name] = {lowest, typical, highest};
           });
}

// Files may hold names that are no UTF-8.
static py::object readable(const std::string& text) {
  return py::reinterpret_steal<py::object>(
      PyUnicode_DecodeUTF8(text.data(), Py_ssize_t(text.size()), "backslashreplace"));
}

PYBIND11_MODULE(_tenon, m) {
  static py::object error = py::module_::import("tenon._error").attr("Error");
  py::register_exception_translator([](std::exception_ptr p) {
    try {
      if (p) std::rethrow_exception(p);
    } catch (const tenon::api::Failure& f) {
      if (PyErr_Occurred()) return;
      PyErr_SetObject(error.ptr(), error(readable(f.what()), f.id(), f.code()).ptr());
    }
  });
  py::class_<tenon::api::Port>(m, "Port")
      .def_property_readonly("name", [](const tenon::api::Port& port) { return readable(port.name); })
      .def_readonly("element", &tenon::api::Port::element)
      .def_readonly("shape", &tenon::api::Port::shape);
  add_options(m);
  add_network(m);
  m.def("catalogue", [] {
    tenon::api::Catalogue all = tenon::api::catalogue();
    return std::tuple(all.kernels, all.rules, all.passes, all.operators, all.onnx);
  });
  py::class_<Model>(m, "Model")
      .def_static("load",
                  [](const py::object& source, const tenon::api::Options& options) {
                    if (py::isinstance<py::bytes>(source)) {
                      std::string_view bytes = source.cast<py::bytes>();
                      py::gil_scoped_release release;
                      return Model::load(bytes.data(), bytes.size(), options);
                    }
                    std::string path = py::str(source);
                    py::gil_scoped_release release;
                    return Model::load(path, options);
                  })
      .def("copy", [](const Model& model) { return Model(model); })
      .def_property_readonly("inputs", &Model::inputs)
      .def_property_readonly("outputs", &Model::outputs)
      .def("bind",
           [](Model& model, const std::vector<py::buffer>& inputs, const std::vector<std::vector<int64_t>>& shapes) {
             auto in = request(inputs, false);
             auto from = refs(in, shapes);
             py::gil_scoped_release release;
             return model.bind(from);
           })
      .def("run",
           [](Model& model, const std::vector<py::buffer>& inputs, const std::vector<std::vector<int64_t>>& shapes,
              const std::vector<std::optional<py::buffer>>& outputs) {
             auto in = request(inputs, false);
             std::vector<void*> to;
             for (const auto& out : outputs) to.push_back(out ? out->request(true).ptr : nullptr);
             auto from = refs(in, shapes);
             py::gil_scoped_release release;
             model.run(from, to);
           })
      .def("run_at",  // on addresses, of either space
           [](Model& model, const std::vector<uintptr_t>& inputs, const std::vector<std::vector<int64_t>>& shapes,
              const std::vector<size_t>& bytes, const std::vector<uintptr_t>& outputs) {
             std::vector<tenon::api::TensorRef> from;
             std::vector<void*> to;
             for (size_t i = 0; i < inputs.size(); ++i)
               from.push_back({reinterpret_cast<const void*>(inputs[i]), shapes.at(i), bytes.at(i)});
             for (uintptr_t p : outputs) to.push_back(reinterpret_cast<void*>(p));
             py::gil_scoped_release release;
             model.run(from, to);
           })
      .def("result",  // a copy of an output that run had no address for: shape and bytes
           [](const Model& model, int i) {
             tenon::api::TensorRef made = model.result(i);
             return std::pair(made.shape, py::bytes(static_cast<const char*>(made.data), made.bytes));
           })
      .def("save", &Model::save, py::call_guard<py::gil_scoped_release>())
      .def("set_profiling", &Model::set_profiling)
      .def("step_times",
           [](const Model& model) {
             std::vector<std::tuple<std::string, std::string, double>> list;
             for (const auto& step : model.step_times()) list.emplace_back(step.kernel, step.origins, step.ms);
             return list;
           })
      .def("explain", [](const Model& model) { return readable(model.explain()); })
      .def("dump", [](const Model& model, const std::string& after) { return readable(model.dump(after)); })
      .def("stats", &Model::stats);
}
