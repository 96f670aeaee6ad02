// Runs the cases of one JSON file, each under its own id.
#pragma once

#include <exception>
#include <string>

#include "fields.h"
#include "report.h"

namespace pqc::vectors {

// What a case needs that we do not have.
struct NotApplicable {
  std::string reason;
};

// `check` answers whether the case is applicable, or throws NotApplicable with the reason; a mismatch or another
// exception is a failure of this case alone.
template <class Check>
void run_case(const std::string& id, FileReport& report, Check check) {
  try {
    report.count(check() ? Verdict::passed : Verdict::not_applicable, id, "");
  } catch (const NotApplicable& left_out) {
    report.count(Verdict::not_applicable, id, left_out.reason);
  } catch (const Mismatch& mismatch) {
    report.count(Verdict::failed, id, mismatch.reason);
  } catch (const std::exception& error) {
    report.count(Verdict::failed, id, error.what());
  }
}

// The elements of an array, named by their place.
template <class Check>
void run_cases(const boost::json::array& cases, std::string_view name, FileReport& report, Check check) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    run_case(std::string(name) + " " + std::to_string(i), report, [&] { return check(cases[i].as_object()); });
  }
}

}  // namespace pqc::vectors
