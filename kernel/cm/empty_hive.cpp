// The smallest hive: a base block, and one bin with the root key, its security descriptor, and a free cell. The layout of regf files is
// published (libregf's and the Windows registry format's descriptions); numbers are little endian, offsets count from the first bin.
#include <cstring>

#include "kernel/cm/hive.h"

namespace nt::cm {
namespace {

constexpr ULONG kBlock = 0x1000;  // size of the base block, and of the bin behind it
constexpr ULONG kBinHeader = 0x20;
constexpr ULONG kRootKey = kBinHeader;
constexpr ULONG kRootKeySize = 0x58;
constexpr ULONG kSecurity = kRootKey + kRootKeySize;
constexpr ULONG kSecuritySize = 0x98;
constexpr ULONG kFree = kSecurity + kSecuritySize;
constexpr ULONG kNone = 0xFFFFFFFF;

/// O:BAG:SYD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KR;;;WD), self-relative.
constexpr UCHAR kDescriptor[] = {
    1, 0, 0x04, 0x80, 0x60, 0, 0,    0, 0x70, 0, 0, 0, 0,    0, 0, 0, 0x14, 0, 0, 0,                 // control, owner, group, DACL
    2, 0, 0x4c, 0,    3,    0, 0,    0,                                                              // ACL: revision, size, entries
    0, 2, 0x14, 0,    0x3f, 0, 0x0f, 0, 1,    1, 0, 0, 0,    0, 0, 5, 18,   0, 0, 0,                 // SYSTEM: all
    0, 2, 0x18, 0,    0x3f, 0, 0x0f, 0, 1,    2, 0, 0, 0,    0, 0, 5, 32,   0, 0, 0, 0x20, 2, 0, 0,  // Administrators: all
    0, 2, 0x14, 0,    0x19, 0, 0x02, 0, 1,    1, 0, 0, 0,    0, 0, 1, 0,    0, 0, 0,                 // Everyone: read
    0, 0, 0,    0,                                                                                   // rest of the ACL
    1, 2, 0,    0,    0,    0, 0,    5, 32,   0, 0, 0, 0x20, 2, 0, 0,                                // owner: Administrators
    1, 1, 0,    0,    0,    0, 0,    5, 18,   0, 0, 0,                                               // group: SYSTEM
};
static_assert(sizeof kDescriptor == 0x7c && sizeof kDescriptor + 0x18 <= kSecuritySize);

/// Writes fields at their offsets.
class Writer {
 public:
  Writer(std::vector<UCHAR>& bytes, ULONG base) : bytes_(bytes), base_(base) {}
  template <class T>
  void Put(ULONG offset, T value) {
    std::memcpy(&bytes_[base_ + offset], &value, sizeof value);
  }
  void PutBytes(ULONG offset, const void* from, SIZE_T size) { std::memcpy(&bytes_[base_ + offset], from, size); }
  /// A cell's size is negative when it is in use.
  void PutCell(ULONG size) { Put(0, -static_cast<LONG>(size)); }

 private:
  std::vector<UCHAR>& bytes_;
  ULONG base_;
};

void PutBaseBlock(std::vector<UCHAR>& bytes, LONGLONG now) {
  Writer block(bytes, 0);
  block.PutBytes(0, "regf", 4);
  block.Put<ULONG>(0x04, 1);  // sequence numbers: equal, so the file is whole
  block.Put<ULONG>(0x08, 1);
  block.Put(0x0c, now);
  block.Put<ULONG>(0x14, 1);  // version 1.5
  block.Put<ULONG>(0x18, 5);
  block.Put<ULONG>(0x20, 1);  // format: direct memory load
  block.Put(0x24, kRootKey);
  block.Put(0x28, kBlock);  // bytes of bins
  block.Put<ULONG>(0x2c, 1);
  ULONG sum = 0;
  for (ULONG offset = 0; offset < 0x1fc; offset += 4) {
    ULONG word;
    std::memcpy(&word, &bytes[offset], sizeof word);
    sum ^= word;
  }
  block.Put(0x1fc, sum);
}

void PutRootKey(Writer key, LONGLONG now) {
  constexpr char kName[] = {'R', 'O', 'O', 'T'};
  key.PutCell(kRootKeySize);
  key.PutBytes(0x04, "nk", 2);
  key.Put<USHORT>(0x06, 0x2c);  // root of a hive, not to be deleted, 8-bit name
  key.Put(0x08, now);
  for (const ULONG list : {0x20u, 0x24u, 0x2cu, 0x34u}) key.Put(list, kNone);  // subkeys, volatile subkeys, values, class
  key.Put(0x30, kSecurity);
  key.Put<USHORT>(0x4c, sizeof kName);
  key.PutBytes(0x50, kName, sizeof kName);
}

void PutSecurity(Writer security) {
  security.PutCell(kSecuritySize);
  security.PutBytes(0x04, "sk", 2);
  security.Put(0x08, kSecurity);  // the only one: next and previous are itself
  security.Put(0x0c, kSecurity);
  security.Put<ULONG>(0x10, 1);  // users
  security.Put<ULONG>(0x14, sizeof kDescriptor);
  security.PutBytes(0x18, kDescriptor, sizeof kDescriptor);
}

}  // namespace

std::vector<UCHAR> EmptyHive(LONGLONG now) {
  std::vector<UCHAR> bytes(2 * kBlock);
  PutBaseBlock(bytes, now);
  Writer bin(bytes, kBlock);
  bin.PutBytes(0, "hbin", 4);
  bin.Put(0x08, kBlock);
  bin.Put(0x14, now);
  PutRootKey(Writer(bytes, kBlock + kRootKey), now);
  PutSecurity(Writer(bytes, kBlock + kSecurity));
  bin.Put<LONG>(kFree, static_cast<LONG>(kBlock - kFree));
  return bytes;
}

}  // namespace nt::cm
