// The strings of wdmsec.h, which Windows' wdmsec.lib brings into a driver. Drivers that do not use them do not get them.

struct ConstantString {
  unsigned short Length, MaximumLength;
  const unsigned short* Buffer;
};

#define DEFINE(name, text)                                                                                        \
  static const __WCHAR_TYPE__ Text_##name[] = L##text;                                                            \
  const struct ConstantString SDDL_DEVOBJ_##name = {sizeof Text_##name - sizeof *Text_##name, sizeof Text_##name, \
                                                    (const unsigned short*)Text_##name}

DEFINE(KERNEL_ONLY, "D:P");
DEFINE(SYS_ALL, "D:P(A;;GA;;;SY)");
DEFINE(SYS_ALL_ADM_ALL, "D:P(A;;GA;;;SY)(A;;GA;;;BA)");
DEFINE(SYS_ALL_ADM_RX, "D:P(A;;GA;;;SY)(A;;GRGX;;;BA)");
DEFINE(SYS_ALL_ADM_RWX_WORLD_R, "D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)");
DEFINE(SYS_ALL_ADM_RWX_WORLD_R_RES_R, "D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GR;;;WD)(A;;GR;;;RC)");
DEFINE(SYS_ALL_ADM_RWX_WORLD_RW_RES_R, "D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGW;;;WD)(A;;GR;;;RC)");
DEFINE(SYS_ALL_ADM_RWX_WORLD_RWX_RES_RWX, "D:P(A;;GA;;;SY)(A;;GRGWGX;;;BA)(A;;GRGWGX;;;WD)(A;;GRGWGX;;;RC)");
