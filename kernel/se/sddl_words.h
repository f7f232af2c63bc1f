// The words of the security descriptor definition language.
#pragma once

#include "nt/se.h"

namespace nt::se::sddl {

/// A well-known account.
struct Account {
  char name[3];
  UCHAR authority;
  UCHAR count;
  ULONG parts[6];
};
inline constexpr ULONG kBuiltin = SECURITY_BUILTIN_DOMAIN_RID;
inline constexpr Account kAccounts[] = {
    {"AA", 5, 2, {kBuiltin, 579}},
    {"AC", 15, 2, {2, 1}},
    {"AN", 5, 1, {7}},
    {"AO", 5, 2, {kBuiltin, 548}},
    {"AS", 18, 1, {1}},
    {"AU", 5, 1, {11}},
    {"BA", 5, 2, {kBuiltin, 544}},
    {"BG", 5, 2, {kBuiltin, 546}},
    {"BO", 5, 2, {kBuiltin, 551}},
    {"BU", 5, 2, {kBuiltin, 545}},
    {"CD", 5, 2, {kBuiltin, 574}},
    {"CG", 3, 1, {1}},
    {"CO", 3, 1, {0}},
    {"CY", 5, 2, {kBuiltin, 569}},
    {"ED", 5, 1, {9}},
    {"ER", 5, 2, {kBuiltin, 573}},
    {"ES", 5, 2, {kBuiltin, 576}},
    {"HA", 5, 2, {kBuiltin, 578}},
    {"HI", 16, 1, {0x3000}},
    {"IS", 5, 2, {kBuiltin, 568}},
    {"IU", 5, 1, {4}},
    {"LS", 5, 1, {19}},
    {"LU", 5, 2, {kBuiltin, 559}},
    {"LW", 16, 1, {0x1000}},
    {"ME", 16, 1, {0x2000}},
    {"MP", 16, 1, {0x2100}},
    {"MS", 5, 2, {kBuiltin, 577}},
    {"MU", 5, 2, {kBuiltin, 558}},
    {"NO", 5, 2, {kBuiltin, 556}},
    {"NS", 5, 1, {20}},
    {"NU", 5, 1, {2}},
    {"OW", 3, 1, {4}},
    {"PO", 5, 2, {kBuiltin, 550}},
    {"PS", 5, 1, {10}},
    {"PU", 5, 2, {kBuiltin, 547}},
    {"RA", 5, 2, {kBuiltin, 575}},
    {"RC", 5, 1, {12}},
    {"RD", 5, 2, {kBuiltin, 555}},
    {"RE", 5, 2, {kBuiltin, 552}},
    {"RM", 5, 2, {kBuiltin, 580}},
    {"RU", 5, 2, {kBuiltin, 554}},
    {"SI", 16, 1, {0x4000}},
    {"SO", 5, 2, {kBuiltin, 549}},
    {"SS", 18, 1, {2}},
    {"SU", 5, 1, {6}},
    {"SY", 5, 1, {18}},
    {"UD", 5, 6, {84, 0, 0, 0, 0}},
    {"WD", 1, 1, {0}},
    {"WR", 5, 1, {33}},
};

struct Word {
  char name[3];
  ULONG value;
};
inline constexpr Word kRights[] = {
    {"GA", GENERIC_ALL},  {"GR", GENERIC_READ}, {"GW", GENERIC_WRITE}, {"GX", GENERIC_EXECUTE},
    {"RC", READ_CONTROL}, {"SD", 0x10000},      {"WD", WRITE_DAC},     {"WO", WRITE_OWNER},
    {"AS", 0x1000000},    {"MA", 0x2000000},    {"CC", 0x1},           {"DC", 0x2},
    {"LC", 0x4},          {"SW", 0x8},          {"RP", 0x10},          {"WP", 0x20},
    {"DT", 0x40},         {"LO", 0x80},         {"CR", 0x100},         {"FA", 0x1f01ff},
    {"FR", 0x120089},     {"FW", 0x120116},     {"FX", 0x1200a0},      {"KA", 0xf003f},
    {"KR", 0x20019},      {"KW", 0x20006},      {"KX", 0x20019},       {"NW", 0x1},
    {"NR", 0x2},          {"NX", 0x4},
};
inline constexpr Word kAceFlags[] = {{"OI", OBJECT_INHERIT_ACE},
                                     {"CI", CONTAINER_INHERIT_ACE},
                                     {"NP", NO_PROPAGATE_INHERIT_ACE},
                                     {"IO", INHERIT_ONLY_ACE},
                                     {"ID", INHERITED_ACE},
                                     {"SA", 0x40},
                                     {"FA", 0x80}};
/// A word comes after those that it begins.
inline constexpr Word kAceTypes[] = {
    {"AU", SYSTEM_AUDIT_ACE_TYPE}, {"A", ACCESS_ALLOWED_ACE_TYPE}, {"D", ACCESS_DENIED_ACE_TYPE}, {"ML", SYSTEM_MANDATORY_LABEL_ACE_TYPE}};

}  // namespace nt::se::sddl
