// Maps a range of a file that crosses a boundary of 256 KiB.
#include <ntifs.h>

#include "mistake.h"

void Mistake(PDRIVER_OBJECT) {
  static SECTION_OBJECT_POINTERS sections;
  static FILE_OBJECT file;
  file.SectionObjectPointer = &sections;
  LARGE_INTEGER offset = {.QuadPart = VACB_MAPPING_GRANULARITY - 1};
  PVOID bcb, buffer;
  CcMapData(&file, &offset, 2, MAP_WAIT, &bcb, &buffer);
}
