#include "tools/events.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdlib>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tools/session.h"

namespace ringlet::tools {
namespace {

using Json = nlohmann::ordered_json;

Json JsonOf(const EventField& field);

Json JsonMembers(const std::vector<EventField>& fields) {
  Json object = Json::object();
  for (const EventField& field : fields) {
    // Fields may share a name; none is lost.
    std::string key = field.name;
    for (int n = 2; object.contains(key); ++n) key = field.name + "#" + std::to_string(n);
    object[key] = JsonOf(field);
  }
  return object;
}

Json JsonOf(const EventField& field) {
  switch (field.kind) {
    case EventField::Kind::Number:
      return Json::parse(field.text);
    case EventField::Kind::Boolean:
      return field.text == "true";
    case EventField::Kind::Text:
      return field.text;
    case EventField::Kind::Array: {
      Json array = Json::array();
      for (const EventField& member : field.members) array.push_back(JsonOf(member));
      return array;
    }
    case EventField::Kind::Struct:
      return JsonMembers(field.members);
  }
  return nullptr;
}

std::string LevelName(unsigned level) {
  static constexpr const char* kNames[] = {"always", "critical", "error", "warning", "info", "verbose"};
  return level < std::size(kNames) ? kNames[level] : "level " + std::to_string(level);
}

std::string FieldText(const EventField& field) {
  if (field.kind == EventField::Kind::Text) return Json(field.text).dump(-1, ' ', false, Json::error_handler_t::replace);
  if (field.kind == EventField::Kind::Number || field.kind == EventField::Kind::Boolean) return field.text;
  const bool array = field.kind == EventField::Kind::Array;
  std::string text;
  for (const EventField& member : field.members) {
    if (!text.empty()) text += ", ";
    text += array ? FieldText(member) : member.name + "=" + FieldText(member);
  }
  return array ? "[" + text + "]" : "{" + text + "}";
}

std::uint64_t Number(const std::string& text, const std::string& what) {
  char* end = nullptr;
  errno = 0;
  const std::uint64_t value = std::strtoull(text.c_str(), &end, 0);
  if (text.empty() || *end != 0 || errno != 0) throw std::invalid_argument("'" + text + "' is no number for " + what);
  return value;
}

}  // namespace

std::string EventJson(const Event& event) {
  Json json;
  json["time"] = static_cast<double>(event.time) / 10.0;  // microseconds
  json["provider"] = event.provider.empty() ? event.provider_id : event.provider;
  json["provider_id"] = event.provider_id;
  if (!event.name.empty()) json["event"] = event.name;
  if (event.id != 0) json["id"] = event.id;
  if (event.version != 0) json["version"] = event.version;
  json["level"] = event.level;
  if (event.opcode != 0) json["opcode"] = event.opcode;
  if (event.task != 0) json["task"] = event.task;
  if (event.keyword != 0) json["keyword"] = fmt::format("0x{:x}", event.keyword);
  if (event.tags != 0) json["tags"] = event.tags;
  json["processor"] = event.processor;
  json["process"] = event.process;
  json["thread"] = event.thread;
  if (!event.activity.empty()) json["activity"] = event.activity;
  if (!event.related.empty()) json["related"] = event.related;
  json["fields"] = JsonMembers(event.fields);
  if (!event.defect.empty()) json["defect"] = event.defect;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string EventLine(const Event& event, bool colours) {
  const std::string head =
      fmt::format("{:12.6f} cpu{} {}.{}", static_cast<double>(event.time) / 1e7, event.processor, event.process, event.thread);
  const Colour colour = event.level <= 2 ? Colour::Red : event.level == 3 ? Colour::Orange : Colour::Green;
  std::string line = Paint(Colour::Grey, head, colours) + " " + (event.provider.empty() ? event.provider_id : event.provider) + " " +
                     Paint(colour, LevelName(event.level), colours) + " ";
  line += event.name.empty() ? fmt::format("event {}", event.id) : event.name;
  for (const EventField& field : event.fields) line += " " + field.name + "=" + FieldText(field);
  if (!event.defect.empty()) line += " (" + event.defect + ")";
  return line;
}

EventFilter ParseEventFilter(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find(':', from), text.size());
    parts.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  if (parts.size() > 4) throw std::invalid_argument("'" + text + "' has more parts than PROVIDER:LEVEL:ANY:ALL");
  parts.resize(4);
  EventFilter filter;
  if (parts[0] != "*") filter.provider = parts[0];
  if (!parts[1].empty()) {
    const std::uint64_t level = Number(parts[1], "a level");
    if (level > 255) throw std::invalid_argument("a level is at most 255");
    filter.level = static_cast<std::uint8_t>(level);
  }
  if (!parts[2].empty()) filter.match_any = Number(parts[2], "keywords");
  if (!parts[3].empty()) filter.match_all = Number(parts[3], "keywords");
  return filter;
}

}  // namespace ringlet::tools
