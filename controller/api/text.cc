#include "controller/api/text.h"

namespace flotilla::controller::api {

namespace {

std::string padded(int64_t number, size_t width) {
  std::string digits = std::to_string(number);
  return std::string(width > digits.size() ? width - digits.size() : 0, '0') + digits;
}

/// Days since 1970-01-01 to a date of the proleptic Gregorian calendar (H. Hinnant, "chrono-
/// Compatible Low-Level Date Algorithms", civil_from_days), for days >= 0.
std::string date_text(int64_t days) {
  days += 719468;
  const int64_t era = days / 146097;
  const int64_t day_of_era = days % 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2);
}

}  // namespace

std::string time_text(WallTime time) {
  if (time.ms <= 0) return "";
  const int64_t second = time.ms / 1000 % 86400;
  return date_text(time.ms / 86400000) + "T" + padded(second / 3600, 2) + ":" +
         padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2) + "." +
         padded(time.ms % 1000, 3) + "Z";
}

std::string span_text(Duration span) {
  const int64_t total = span.ms / 1000;
  if (total < 120) return std::to_string(total) + " s";
  if (total < 120 * 60) return std::to_string(total / 60) + " min";
  if (total < 48 * 3600) return std::to_string(total / 3600) + " h";
  return std::to_string(total / 86400) + " days";
}

}  // namespace flotilla::controller::api
