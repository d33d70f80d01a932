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

tenon::api::Options options_of(int threads, bool optimize, double tuning_ms, const std::vector<std::string>& providers,
                               const std::map<std::string, std::array<int64_t, 3>>& profile) {
  tenon::api::Options options{threads, optimize, tuning_ms, providers, {}};
  for (const auto& [name, range] : profile) options.profile[name] = {range[0], range[1], range[2]};
  return options;
}

PYBIND11_MODULE(_tenon, m) {
  static py::object error = py::module_::import("tenon._error").attr("Error");
  py::register_exception_translator([](std::exception_ptr p) {
    try {
      if (p) std::rethrow_exception(p);
    } catch (const tenon::api::Failure& f) {
      PyErr_SetObject(error.ptr(), error(f.what(), f.id(), f.code()).ptr());
    }
  });
  py::class_<tenon::api::Port>(m, "Port")
      .def_readonly("name", &tenon::api::Port::name)
      .def_readonly("element", &tenon::api::Port::element)
      .def_readonly("shape", &tenon::api::Port::shape);
  add_network(m);
  m.def("catalogue", [] {
    tenon::api::Catalogue all = tenon::api::catalogue();
    return std::tuple(all.kernels, all.rules, all.passes, all.operators);
  });
  py::class_<Model>(m, "Model")
      .def_static(
          "load",
          [](const py::object& source, int threads, bool optimize, double tuning_ms,
             const std::vector<std::string>& providers, const std::map<std::string, std::array<int64_t, 3>>& profile) {
            tenon::api::Options options = options_of(threads, optimize, tuning_ms, providers, profile);
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
           [](Model& model, const std::vector<std::vector<int64_t>>& shapes) {
             std::vector<tenon::api::TensorRef> list;
             for (const auto& shape : shapes) list.push_back({nullptr, shape, 0});
             return model.bind(list);
           })
      .def("run",
           [](Model& model, const std::vector<py::buffer>& inputs, const std::vector<std::vector<int64_t>>& shapes,
              const std::vector<py::buffer>& outputs) {
             auto in = request(inputs, false), out = request(outputs, true);
             std::vector<void*> to;
             for (const py::buffer_info& info : out) to.push_back(info.ptr);
             auto from = refs(in, shapes);
             py::gil_scoped_release release;
             model.run(from, to);
           })
      .def("save", &Model::save, py::call_guard<py::gil_scoped_release>())
      .def("set_profiling", &Model::set_profiling)
      .def("step_times",
           [](const Model& model) {
             std::vector<std::tuple<std::string, std::string, double>> list;
             for (const auto& step : model.step_times()) list.emplace_back(step.kernel, step.origins, step.ms);
             return list;
           })
      .def("explain", &Model::explain)
      .def("dump", &Model::dump)
      .def("stats", &Model::stats);
}
