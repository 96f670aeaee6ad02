#include "wycheproof.h"

#include <exception>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "wycheproof_checks.h"

namespace pqc::vectors {
namespace {

namespace json = boost::json;

std::string id_of(const json::object& test) {
  const auto* id = test.if_contains("tcId");
  return "tcId " + (id == nullptr ? std::string("?") : json::serialize(*id));
}

void run_test(const Test& test, Check check, FileReport& report) {
  try {
    const auto verdict = check(test);
    report.count(verdict, id_of(test.test), "the result is not the one that the file gives");
  } catch (const std::exception& error) {
    report.count(Verdict::failed, id_of(test.test), error.what());
  }
}

void run_group(std::string_view algorithm, const json::object& group, FileReport& report) {
  const auto* type = group.if_contains("type");
  const auto* tests = group.if_contains("tests");
  if (tests == nullptr || !tests->is_array() || type == nullptr || !type->is_string()) return;
  const auto check = find_check(type->get_string());
  if (check != nullptr) report.format = "Wycheproof";
  for (const auto& test : tests->get_array()) {
    if (!test.is_object()) continue;
    if (check == nullptr) {
      report.count(Verdict::not_applicable, "", "");
    } else {
      run_test({.algorithm = algorithm, .group = group, .test = test.get_object()}, check, report);
    }
  }
}

}  // namespace

bool run_wycheproof(const json::value& document, FileReport& report) {
  if (!document.is_object()) return false;
  const auto& file = document.get_object();
  const auto* groups = file.if_contains("testGroups");
  const auto* algorithm = file.if_contains("algorithm");
  if (groups == nullptr || !groups->is_array() || algorithm == nullptr || !algorithm->is_string()) return false;
  for (const auto& group : groups->get_array()) {
    if (group.is_object()) run_group(algorithm->get_string(), group.get_object(), report);
  }
  if (!report.format.empty()) return true;
  report.counts = {};
  return false;
}

}  // namespace pqc::vectors
