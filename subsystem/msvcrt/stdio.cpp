// Streams.
#include <algorithm>
#include <cstring>

#include "subsystem/kernel32/base.h"
#include "subsystem/msvcrt/crt.h"

namespace nt::crt {
namespace {

constexpr int kBufferSize = 4096;

bool MakeBuffer(FILE_MS* stream) {
  if (stream->_base) return true;
  auto* const buffer = stream->_flag & kUnbuffered ? nullptr : Allocate<char>(kBufferSize);
  stream->_base = buffer ? buffer : reinterpret_cast<char*>(&stream->_charbuf);
  stream->_bufsiz = buffer ? kBufferSize : 1;
  stream->_flag |= buffer ? kOwnBuffer : kUnbuffered;
  stream->_ptr = stream->_base;
  stream->_cnt = 0;
  return true;
}

bool IsDevice(const FILE_MS* stream) { return stream->_file >= 0 && State().files[stream->_file].flags & kDevice; }

/// Turns a read-write stream to writing.
bool BeginWrite(FILE_MS* stream) {
  if (stream->_flag & kWrite) return MakeBuffer(stream);
  if (!(stream->_flag & kReadWrite)) {
    stream->_flag |= kError;
    return Fail(kEBADF), false;
  }
  if (stream->_flag & kRead && stream->_cnt > 0) Seek(stream->_file, -static_cast<LONGLONG>(stream->_cnt), 1);
  stream->_flag = (stream->_flag & ~(kRead | kEof)) | kWrite;
  stream->_ptr = stream->_base;
  stream->_cnt = 0;
  return MakeBuffer(stream);
}

bool BeginRead(FILE_MS* stream) {
  if (stream->_flag & kRead) return MakeBuffer(stream);
  if (!(stream->_flag & kReadWrite)) {
    stream->_flag |= kError;
    return Fail(kEBADF), false;
  }
  Flush(stream);
  stream->_flag = (stream->_flag & ~kWrite) | kRead;
  stream->_cnt = 0;
  return MakeBuffer(stream);
}

int Fill(FILE_MS* stream) {
  if (stream->_flag & kEof && IsDevice(stream)) return -1;
  // Before input is waited for, what was written to the console shows.
  if (IsDevice(stream)) FlushAll();
  const int count = Read(stream->_file, stream->_base, static_cast<unsigned>(stream->_bufsiz));
  stream->_ptr = stream->_base;
  stream->_cnt = std::max(count, 0);
  if (count <= 0) stream->_flag |= count == 0 ? kEof : kError;
  return count > 0 ? 0 : -1;
}

FILE_MS* FreeStream() {
  for (FILE_MS& stream : State().streams)
    if (!(stream._flag & kInUse)) return stream = {}, &stream;
  Fail(kEMFILE);
  return nullptr;
}

/// The open flags of a mode such as "r+b"; -1 for none.
template <class C>
int ModeFlags(const C* mode) {
  int flags;
  switch (*mode++) {
    case 'r':
      flags = 0;
      break;
    case 'w':
      flags = 1 | 0x100 | 0x200;
      break;
    case 'a':
      flags = 1 | 0x100 | 8;
      break;
    default:
      return Fail(kEINVAL);
  }
  for (; *mode && *mode != ','; mode++) {
    if (*mode == '+')
      flags = (flags & ~3) | 2;
    else if (*mode == 'b')
      flags |= 0x8000;
    else if (*mode == 'x')
      flags |= 0x400;
    else if (*mode == 'T')
      flags |= 0x40;
  }
  return flags;
}

FILE_MS* Attach(int descriptor, int flags) {
  FILE_MS* const stream = descriptor < 0 ? nullptr : FreeStream();
  if (!stream) return nullptr;
  stream->_file = descriptor;
  stream->_flag = (flags & 3) == 2 ? kReadWrite : (flags & 3) == 1 ? kWrite : kRead;
  return stream;
}

FILE_MS* OpenStream(const WCHAR* path, int flags, int share) {
  if (flags < 0) return nullptr;
  const int descriptor = OpenPath(path, flags, share);
  FILE_MS* const stream = Attach(descriptor, flags);
  if (!stream && descriptor >= 0) Close(descriptor);
  return stream;
}

LONGLONG Tell(FILE_MS* stream) {
  if (stream->_flag & kWrite) Flush(stream);
  const LONGLONG position = Seek(stream->_file, 0, 1);
  if (position < 0 || !(stream->_flag & kRead)) return position;
  // In text mode each LF in the rest of the buffer was CR LF in the file.
  const bool text = State().files[stream->_file].flags & kText;
  const auto breaks = text ? std::count(stream->_ptr, stream->_ptr + stream->_cnt, '\n') : 0;
  return position - stream->_cnt - breaks;
}

int SeekStream(FILE_MS* stream, LONGLONG offset, int origin) {
  if (!(stream->_flag & kInUse) || origin < 0 || origin > 2) return Fail(kEINVAL);
  if (origin == 1) {
    const LONGLONG position = Tell(stream);
    if (position < 0) return -1;
    offset += position;
    origin = 0;
  }
  Flush(stream);
  stream->_flag &= ~kEof;
  if (stream->_flag & kReadWrite) stream->_flag &= ~(kRead | kWrite);
  stream->_ptr = stream->_base;
  stream->_cnt = 0;
  return Seek(stream->_file, offset, origin) < 0 ? -1 : 0;
}

int PutWide(FILE_MS* stream, unsigned c) {
  // In the C locale a wide character is written as one byte, or not at all.
  if (c > 0xFF) {
    stream->_flag |= kError;
    return Fail(kEILSEQ);
  }
  return PutChar(stream, static_cast<int>(c));
}

struct StreamSink : Sink {
  FILE_MS* stream;
};
void PutToStream(Sink* sink, unsigned c) { PutChar(static_cast<StreamSink*>(sink)->stream, static_cast<int>(c & 0xFF)); }
void PutWideToStream(Sink* sink, unsigned c) { PutChar(static_cast<StreamSink*>(sink)->stream, c > 0xFF ? '?' : static_cast<int>(c)); }

template <class C>
int Print(FILE_MS* stream, const C* format, const ULONG_PTR* arguments) {
  StreamSink sink{{sizeof(C) == 2 ? PutWideToStream : PutToStream, 0}, stream};
  const int result = Format(&sink, format, arguments);
  EndOutput(stream);
  return stream->_flag & kError ? -1 : result;
}

template <class C>
struct BufferSink : Sink {
  C* buffer;
  SIZE_T room;
};
template <class C>
void PutToBuffer(Sink* sink, unsigned c) {
  auto* const target = static_cast<BufferSink<C>*>(sink);
  if (static_cast<SIZE_T>(target->count) < target->room) target->buffer[target->count] = static_cast<C>(c);
}

/// Formats into a buffer as _vsnprintf does: -1 if the text does not fit, no terminator if only that does not fit.
template <class C>
int PrintTo(C* buffer, SIZE_T room, const C* format, const ULONG_PTR* arguments) {
  BufferSink<C> sink{{PutToBuffer<C>, 0}, buffer, room};
  const int length = Format(&sink, format, arguments);
  if (length < 0) return -1;
  if (static_cast<SIZE_T>(length) < room) buffer[length] = 0;
  return static_cast<SIZE_T>(length) > room ? -1 : length;
}

/// The _s forms: a text that does not fit empties the buffer.
template <class C>
int PrintSecure(C* buffer, SIZE_T room, const C* format, const ULONG_PTR* arguments) {
  if (!buffer || !room) return Fail(kEINVAL);
  const int length = PrintTo(buffer, room, format, arguments);
  if (length >= 0 && static_cast<SIZE_T>(length) < room) return length;
  *buffer = 0;
  return Fail(kERANGE);
}

template <class C>
int CountOf(const C* format, const ULONG_PTR* arguments) {
  Sink sink{[](Sink*, unsigned) {}, 0};
  return Format(&sink, format, arguments);
}

struct StreamSource : Source {
  FILE_MS* stream;
};
int GetFromStream(Source* source) { return GetChar(static_cast<StreamSource*>(source)->stream); }
void UngetToStream(Source* source, int c) { Unget(static_cast<StreamSource*>(source)->stream, c); }

template <class C>
int ScanStream(FILE_MS* stream, const C* format, const ULONG_PTR* arguments, bool secure) {
  StreamSource source{{GetFromStream, UngetToStream, 0}, stream};
  return Scan(&source, format, arguments, secure);
}

template <class C>
int ScanText(const C* text, const C* format, const ULONG_PTR* arguments, bool secure) {
  return nt::crt::ScanText(text, ~SIZE_T{0}, format, arguments, secure);
}

FILE_MS* Standard(int index) { return &State().streams[index]; }

}  // namespace

int PutChar(FILE_MS* stream, int c) {
  if (!BeginWrite(stream)) return -1;
  if (stream->_flag & kUnbuffered && !IsDevice(stream)) {
    const auto byte = static_cast<char>(c);
    if (Write(stream->_file, &byte, 1) != 1) return stream->_flag |= kError, -1;
    return c & 0xFF;
  }
  // An unbuffered stream on the console gathers one call's text; EndOutput writes it.
  if (stream->_flag & kUnbuffered && stream->_bufsiz == 1) {
    auto* const buffer = Allocate<char>(kBufferSize);
    if (!buffer) return stream->_flag |= kError, -1;
    stream->_base = stream->_ptr = buffer;
    stream->_bufsiz = kBufferSize;
    stream->_flag |= kOwnBuffer;
  }
  if (stream->_ptr == stream->_base + stream->_bufsiz && Flush(stream)) return -1;
  *stream->_ptr++ = static_cast<char>(c);
  return c & 0xFF;
}

int GetChar(FILE_MS* stream) {
  if (stream->_cnt <= 0 || !(stream->_flag & kRead)) {
    if (!BeginRead(stream) || Fill(stream)) return -1;
  }
  stream->_cnt--;
  return static_cast<UCHAR>(*stream->_ptr++);
}

int Unget(FILE_MS* stream, int c) {
  if (c < 0 || !BeginRead(stream)) return -1;
  if (stream->_ptr == stream->_base) {
    if (stream->_cnt) return -1;
    stream->_ptr++;
  }
  *--stream->_ptr = static_cast<char>(c);
  stream->_cnt++;
  stream->_flag &= ~kEof;
  return c & 0xFF;
}

int Flush(FILE_MS* stream) {
  if (!(stream->_flag & kWrite) || !stream->_base || stream->_ptr == stream->_base) return 0;
  const auto size = static_cast<int>(stream->_ptr - stream->_base);
  stream->_ptr = stream->_base;
  if (Write(stream->_file, stream->_base, static_cast<unsigned>(size)) == size) return 0;
  stream->_flag |= kError;
  return -1;
}

void FlushAll() {
  for (FILE_MS& stream : State().streams)
    if (stream._flag & kWrite) Flush(&stream);
}

void EndOutput(FILE_MS* stream) {
  if (stream->_flag & kUnbuffered || (IsDevice(stream) && !(stream->_flag & kBufferAsked))) Flush(stream);
}

}  // namespace nt::crt

using namespace nt::crt;

extern "C" {

char* Msvcrt_strerror(int Error);

/// The array of streams; its first three are stdin, stdout and stderr.
FILE_MS* Msvcrt___iob_func() { return State().streams; }

/// Opens a stream on a file.
FILE_MS* Msvcrt_fopen(const char* Path, const char* Mode) { return OpenStream(nt::win32::WideName(Path).c_str(), ModeFlags(Mode), 0x40); }

/// Opens a stream on a file.
FILE_MS* Msvcrt__wfopen(const WCHAR* Path, const WCHAR* Mode) { return OpenStream(Path, ModeFlags(Mode), 0x40); }

/// Opens a stream on a file, sharing as told.
FILE_MS* Msvcrt__fsopen(const char* Path, const char* Mode, int Share) {
  return OpenStream(nt::win32::WideName(Path).c_str(), ModeFlags(Mode), Share);
}

/// Opens a stream on a file; returns errno.
int Msvcrt_fopen_s(FILE_MS** Stream, const char* Path, const char* Mode) {
  if (!Stream || !Path || !Mode) return Fail(kEINVAL), kEINVAL;
  *Stream = Msvcrt__fsopen(Path, Mode, 0x20);
  return *Stream ? 0 : Errno();
}

/// A stream on a descriptor.
FILE_MS* Msvcrt__fdopen(int Descriptor, const char* Mode) { return FileOf(Descriptor) ? Attach(Descriptor, ModeFlags(Mode)) : nullptr; }

/// Closes a stream.
int Msvcrt_fclose(FILE_MS* Stream) {
  if (!(Stream->_flag & kInUse)) return Fail(kEINVAL);
  const int flushed = Flush(Stream);
  if (Stream->_flag & kOwnBuffer) Free(Stream->_base);
  const int descriptor = Stream->_file;
  *Stream = {};
  return Close(descriptor) < 0 ? -1 : flushed;
}

/// Writes a stream's buffer, or (for null) every stream's.
int Msvcrt_fflush(FILE_MS* Stream) { return Stream ? Flush(Stream) : (FlushAll(), 0); }

/// Gives a stream a buffer of `Size` bytes (null: of its own), or none (_IONBF, 4). With one, the console too is written when it is full.
int Msvcrt_setvbuf(FILE_MS* Stream, char* Buffer, int Mode, size_t Size) {
  const bool none = Mode == 4;
  if ((!none && Mode != 0 && Mode != 0x40) || (!none && (Size < 2 || Size > 0x7FFFFFFF))) return Fail(kEINVAL);
  char* const own = none || Buffer ? nullptr : Allocate<char>(Size);
  if (!none && !Buffer && !own) return Fail(kENOMEM);
  Flush(Stream);
  if (Stream->_flag & kOwnBuffer) Free(Stream->_base);
  Stream->_flag =
      (Stream->_flag & ~(kOwnBuffer | kUnbuffered | kBufferAsked)) | (none ? kUnbuffered : kBufferAsked) | (own ? kOwnBuffer : 0);
  Stream->_base = Stream->_ptr = none ? nullptr : own ? own : Buffer;
  Stream->_bufsiz = none ? 0 : static_cast<int>(Size);
  Stream->_cnt = 0;
  return 0;
}

/// Gives a stream a buffer of the usual size, or (for null) none.
VOID Msvcrt_setbuf(FILE_MS* Stream, char* Buffer) { Msvcrt_setvbuf(Stream, Buffer, Buffer ? 0 : 4, 512); }

/// Reads items; returns their number.
size_t Msvcrt_fread(PVOID Buffer, size_t Size, size_t Count, FILE_MS* Stream) {
  const size_t total = Size * Count;
  if (!total) return 0;
  size_t done = 0;
  auto* const out = static_cast<char*>(Buffer);
  while (done < total) {
    if (Stream->_flag & kRead && Stream->_cnt > 0) {
      const size_t part = std::min(total - done, static_cast<size_t>(Stream->_cnt));
      std::memcpy(out + done, Stream->_ptr, part);
      Stream->_ptr += part;
      Stream->_cnt -= static_cast<int>(part);
      done += part;
      continue;
    }
    const int c = GetChar(Stream);
    if (c < 0) break;
    out[done++] = static_cast<char>(c);
  }
  return done / Size;
}

/// Writes items; returns their number.
size_t Msvcrt_fwrite(const VOID* Buffer, size_t Size, size_t Count, FILE_MS* Stream) {
  const size_t total = Size * Count;
  size_t done = 0;
  if (!total) return 0;
  while (done < total && PutChar(Stream, static_cast<const UCHAR*>(Buffer)[done]) >= 0) done++;
  EndOutput(Stream);
  return done / Size;
}

/// Writes a character.
int Msvcrt_fputc(int Character, FILE_MS* Stream) {
  const int result = PutChar(Stream, Character);
  EndOutput(Stream);
  return result;
}

/// Writes a character.
int Msvcrt_putc(int Character, FILE_MS* Stream) { return Msvcrt_fputc(Character, Stream); }

/// Writes a character to stdout.
int Msvcrt_putchar(int Character) { return Msvcrt_fputc(Character, Standard(1)); }

/// What the putc macro calls when a stream's buffer is full.
int Msvcrt__flsbuf(int Character, FILE_MS* Stream) { return Msvcrt_fputc(Character, Stream); }

/// Writes text.
int Msvcrt_fputs(const char* Text, FILE_MS* Stream) {
  const size_t length = std::strlen(Text);
  return Msvcrt_fwrite(Text, 1, length, Stream) == length ? 0 : -1;
}

/// Writes text and a line's end to stdout.
int Msvcrt_puts(const char* Text) {
  FILE_MS* const stream = Standard(1);
  for (; *Text; Text++)
    if (PutChar(stream, static_cast<UCHAR>(*Text)) < 0) return -1;
  return Msvcrt_fputc('\n', stream) < 0 ? -1 : 0;
}

/// Writes a wide character.
USHORT Msvcrt_fputwc(WCHAR Character, FILE_MS* Stream) {
  const int result = PutWide(Stream, Character);
  EndOutput(Stream);
  return static_cast<USHORT>(result);
}

/// Writes a wide character.
USHORT Msvcrt_putwc(WCHAR Character, FILE_MS* Stream) { return Msvcrt_fputwc(Character, Stream); }

/// Writes wide text.
int Msvcrt_fputws(const WCHAR* Text, FILE_MS* Stream) {
  int result = 0;
  for (; *Text && result >= 0; Text++) result = PutWide(Stream, *Text);
  EndOutput(Stream);
  return result < 0 ? -1 : 0;
}

/// Writes wide text and a line's end to stdout.
int Msvcrt__putws(const WCHAR* Text) { return Msvcrt_fputws(Text, Standard(1)) < 0 ? -1 : Msvcrt_fputc('\n', Standard(1)) < 0 ? -1 : 0; }

/// Reads a character.
int Msvcrt_fgetc(FILE_MS* Stream) { return GetChar(Stream); }

/// Reads a character.
int Msvcrt_getc(FILE_MS* Stream) { return GetChar(Stream); }

/// Reads a character from stdin.
int Msvcrt_getchar() { return GetChar(Standard(0)); }

/// What the getc macro calls when a stream's buffer is empty.
int Msvcrt__filbuf(FILE_MS* Stream) { return Stream->_cnt = 0, GetChar(Stream); }

/// Reads a wide character.
USHORT Msvcrt_fgetwc(FILE_MS* Stream) { return static_cast<USHORT>(GetChar(Stream)); }

/// Reads a wide character.
USHORT Msvcrt_getwc(FILE_MS* Stream) { return static_cast<USHORT>(GetChar(Stream)); }

/// Gives a character back to a stream.
int Msvcrt_ungetc(int Character, FILE_MS* Stream) { return Unget(Stream, Character); }

/// Gives a wide character back to a stream.
USHORT Msvcrt_ungetwc(USHORT Character, FILE_MS* Stream) {
  return static_cast<USHORT>(Character == 0xFFFF ? -1 : Unget(Stream, Character));
}

/// Reads a line, with its end.
char* Msvcrt_fgets(char* Buffer, int Count, FILE_MS* Stream) {
  int done = 0, c = 0;
  while (done + 1 < Count && c != '\n' && (c = GetChar(Stream)) >= 0) Buffer[done++] = static_cast<char>(c);
  if (!done) return nullptr;
  Buffer[done] = 0;
  return Buffer;
}

/// Reads a line of wide text, with its end.
WCHAR* Msvcrt_fgetws(WCHAR* Buffer, int Count, FILE_MS* Stream) {
  int done = 0, c = 0;
  while (done + 1 < Count && c != '\n' && (c = GetChar(Stream)) >= 0) Buffer[done++] = static_cast<WCHAR>(c);
  if (!done) return nullptr;
  Buffer[done] = 0;
  return Buffer;
}

/// Moves a stream's position.
int Msvcrt_fseek(FILE_MS* Stream, LONG Offset, int Origin) { return SeekStream(Stream, Offset, Origin); }

/// Moves a stream's position.
int Msvcrt__fseeki64(FILE_MS* Stream, LONGLONG Offset, int Origin) { return SeekStream(Stream, Offset, Origin); }

/// A stream's position.
LONG Msvcrt_ftell(FILE_MS* Stream) { return static_cast<LONG>(Tell(Stream)); }

/// A stream's position.
LONGLONG Msvcrt__ftelli64(FILE_MS* Stream) { return Tell(Stream); }

/// Moves a stream to its beginning and clears its error.
VOID Msvcrt_rewind(FILE_MS* Stream) {
  SeekStream(Stream, 0, 0);
  Stream->_flag &= ~kError;
}

/// Stores a stream's position.
int Msvcrt_fgetpos(FILE_MS* Stream, LONGLONG* Position) { return (*Position = Tell(Stream)) < 0 ? -1 : 0; }

/// Moves a stream to a stored position.
int Msvcrt_fsetpos(FILE_MS* Stream, const LONGLONG* Position) { return SeekStream(Stream, *Position, 0); }

/// Whether a stream is at its end.
int Msvcrt_feof(FILE_MS* Stream) { return Stream->_flag & kEof; }

/// Whether a stream had an error.
int Msvcrt_ferror(FILE_MS* Stream) { return Stream->_flag & kError; }

/// Clears a stream's end and error.
VOID Msvcrt_clearerr(FILE_MS* Stream) { Stream->_flag &= ~(kEof | kError); }

/// A stream's descriptor.
int Msvcrt__fileno(FILE_MS* Stream) { return Stream->_file; }

/// Writes formatted text.
int Msvcrt_vfprintf(FILE_MS* Stream, const char* FormatText, const ULONG_PTR* ArgList) { return Print(Stream, FormatText, ArgList); }

/// Writes formatted text.
int Msvcrt_fprintf(FILE_MS* Stream, const char* FormatText, const ULONG_PTR* Variable) { return Print(Stream, FormatText, Variable); }

/// Writes formatted text to stdout.
int Msvcrt_printf(const char* FormatText, const ULONG_PTR* Variable) { return Print(Standard(1), FormatText, Variable); }

/// Writes formatted text to stdout.
int Msvcrt_vprintf(const char* FormatText, const ULONG_PTR* ArgList) { return Print(Standard(1), FormatText, ArgList); }

/// Writes formatted wide text.
int Msvcrt_fwprintf(FILE_MS* Stream, const WCHAR* FormatText, const ULONG_PTR* Variable) { return Print(Stream, FormatText, Variable); }

/// Writes formatted wide text.
int Msvcrt_vfwprintf(FILE_MS* Stream, const WCHAR* FormatText, const ULONG_PTR* ArgList) { return Print(Stream, FormatText, ArgList); }

/// Writes formatted wide text to stdout.
int Msvcrt_wprintf(const WCHAR* FormatText, const ULONG_PTR* Variable) { return Print(Standard(1), FormatText, Variable); }

/// Writes formatted wide text to stdout.
int Msvcrt_vwprintf(const WCHAR* FormatText, const ULONG_PTR* ArgList) { return Print(Standard(1), FormatText, ArgList); }

/// Formats text into a buffer without limit.
int Msvcrt_sprintf(char* Buffer, const char* FormatText, const ULONG_PTR* Variable) {
  return PrintTo(Buffer, INT32_MAX, FormatText, Variable);
}

/// Formats text into a buffer without limit.
int Msvcrt_vsprintf(char* Buffer, const char* FormatText, const ULONG_PTR* ArgList) {
  return PrintTo(Buffer, INT32_MAX, FormatText, ArgList);
}

/// Formats text into a buffer; -1 if it does not fit.
int Msvcrt__snprintf(char* Buffer, size_t Count, const char* FormatText, const ULONG_PTR* Variable) {
  return PrintTo(Buffer, Count, FormatText, Variable);
}

/// Formats text into a buffer; -1 if it does not fit.
int Msvcrt__vsnprintf(char* Buffer, size_t Count, const char* FormatText, const ULONG_PTR* ArgList) {
  return PrintTo(Buffer, Count, FormatText, ArgList);
}

/// Formats wide text into a buffer; -1 if it does not fit.
int Msvcrt__snwprintf(WCHAR* Buffer, size_t Count, const WCHAR* FormatText, const ULONG_PTR* Variable) {
  return PrintTo(Buffer, Count, FormatText, Variable);
}

/// Formats wide text into a buffer; -1 if it does not fit.
int Msvcrt__vsnwprintf(WCHAR* Buffer, size_t Count, const WCHAR* FormatText, const ULONG_PTR* ArgList) {
  return PrintTo(Buffer, Count, FormatText, ArgList);
}

/// Formats text into a buffer; one that is too small is emptied.
int Msvcrt_sprintf_s(char* Buffer, size_t Size, const char* FormatText, const ULONG_PTR* Variable) {
  return PrintSecure(Buffer, Size, FormatText, Variable);
}

/// Formats text into a buffer; one that is too small is emptied.
int Msvcrt_vsprintf_s(char* Buffer, size_t Size, const char* FormatText, const ULONG_PTR* ArgList) {
  return PrintSecure(Buffer, Size, FormatText, ArgList);
}

/// Formats wide text into a buffer; one that is too small is emptied.
int Msvcrt_swprintf_s(WCHAR* Buffer, size_t Size, const WCHAR* FormatText, const ULONG_PTR* Variable) {
  return PrintSecure(Buffer, Size, FormatText, Variable);
}

/// The length of formatted text.
int Msvcrt__vscprintf(const char* FormatText, const ULONG_PTR* ArgList) { return CountOf(FormatText, ArgList); }

/// The length of formatted wide text.
int Msvcrt__vscwprintf(const WCHAR* FormatText, const ULONG_PTR* ArgList) { return CountOf(FormatText, ArgList); }

/// Scans a stream.
int Msvcrt_fscanf(FILE_MS* Stream, const char* FormatText, const ULONG_PTR* Variable) {
  return ScanStream(Stream, FormatText, Variable, false);
}

/// Scans stdin.
int Msvcrt_scanf(const char* FormatText, const ULONG_PTR* Variable) { return ScanStream(Standard(0), FormatText, Variable, false); }

/// Scans stdin; text fields take their buffer's size.
int Msvcrt_scanf_s(const char* FormatText, const ULONG_PTR* Variable) { return ScanStream(Standard(0), FormatText, Variable, true); }

/// Scans stdin.
int Msvcrt_wscanf(const WCHAR* FormatText, const ULONG_PTR* Variable) { return ScanStream(Standard(0), FormatText, Variable, false); }

/// Scans text.
int Msvcrt_sscanf(const char* Text, const char* FormatText, const ULONG_PTR* Variable) {
  return ScanText(Text, FormatText, Variable, false);
}

/// Scans text; text fields take their buffer's size.
int Msvcrt_sscanf_s(const char* Text, const char* FormatText, const ULONG_PTR* Variable) {
  return ScanText(Text, FormatText, Variable, true);
}

/// Scans wide text.
int Msvcrt_swscanf(const WCHAR* Text, const WCHAR* FormatText, const ULONG_PTR* Variable) {
  return ScanText(Text, FormatText, Variable, false);
}

/// Reads a key, with echo. Partial: the host gives whole lines.
int Msvcrt__getche() { return GetChar(Standard(0)); }

/// Reads a key. Partial: the host gives whole lines, and echoes them.
int Msvcrt__getch() { return GetChar(Standard(0)); }

/// Whether a key waits to be read. Partial: what has been read of a line already.
int Msvcrt__kbhit() { return Standard(0)->_cnt > 0; }

/// Writes a message with the text of errno to stderr.
VOID Msvcrt_perror(const char* Message) {
  if (Message && *Message) {
    Msvcrt_fputs(Message, Standard(2));
    Msvcrt_fputs(": ", Standard(2));
  }
  Msvcrt_fputs(Msvcrt_strerror(Errno()), Standard(2));
  Msvcrt_fputc('\n', Standard(2));
}

/// Opens another file on a stream.
FILE_MS* Msvcrt__wfreopen(const WCHAR* Path, const WCHAR* Mode, FILE_MS* Stream) {
  const int flags = ModeFlags(Mode);
  Msvcrt_fclose(Stream);
  const int descriptor = flags < 0 || !Path ? -1 : OpenPath(Path, flags, 0x40);
  if (descriptor < 0) return nullptr;
  *Stream = {};
  Stream->_file = descriptor;
  Stream->_flag = (flags & 3) == 2 ? kReadWrite : (flags & 3) == 1 ? kWrite : kRead;
  return Stream;
}
FILE_MS* Msvcrt_freopen(const char* Path, const char* Mode, FILE_MS* Stream) {
  return Msvcrt__wfreopen(nt::win32::WideName(Path).c_str(), nt::win32::WideName(Mode).c_str(), Stream);
}
int Msvcrt_freopen_s(FILE_MS** Result, const char* Path, const char* Mode, FILE_MS* Stream) {
  return (*Result = Msvcrt_freopen(Path, Mode, Stream)) ? 0 : Errno();
}

/// Opens a stream, or one on a descriptor; an errno, or null.
int Msvcrt__wfopen_s(FILE_MS** Stream, const WCHAR* Path, const WCHAR* Mode) {
  return (*Stream = Msvcrt__wfopen(Path, Mode)) ? 0 : Errno();
}
FILE_MS* Msvcrt__wfdopen(int Descriptor, const WCHAR* Mode) { return FileOf(Descriptor) ? Attach(Descriptor, ModeFlags(Mode)) : nullptr; }

/// A temporary file that goes when it is closed.
FILE_MS* Msvcrt_tmpfile() {
  constexpr int kTemporary = 0x40, kExclusive = 0x400;
  for (unsigned number = 1; number < 0x10000; number++) {
    WCHAR path[] = u"C:\\Windows\\Temp\\t0000.tmp";
    for (int digit = 0; digit < 4; digit++) path[17 + digit] = u"0123456789abcdef"[number >> (12 - 4 * digit) & 15];
    FILE_MS* const stream = OpenStream(path, 0x8102 | kTemporary | kExclusive, 0x40);
    if (stream || Errno() != kEEXIST) return stream;
  }
  return nullptr;
}

/// Writes what all streams hold back; how many are open. Closes all but the standard ones; how many there were.
int Msvcrt__flushall() {
  FlushAll();
  int open = 0;
  for (const FILE_MS& stream : State().streams) open += (stream._flag & kInUse) != 0;
  return open;
}
int Msvcrt__fcloseall() {
  int closed = 0;
  for (ULONG i = 3; i < kStreams; i++)
    if (State().streams[i]._flag & kInUse) closed += Msvcrt_fclose(&State().streams[i]) == 0;
  return closed;
}

/// Formats to count the characters.
int Msvcrt__scprintf(const char* FormatText, const ULONG_PTR* Variable) { return CountOf(FormatText, Variable); }
int Msvcrt__scwprintf(const WCHAR* FormatText, const ULONG_PTR* Variable) { return CountOf(FormatText, Variable); }

/// Reads fields from a stream; with sizes behind buffers in the _s forms.
int Msvcrt_fscanf_s(FILE_MS* Stream, const char* FormatText, const ULONG_PTR* Variable) {
  return ScanStream(Stream, FormatText, Variable, true);
}
int Msvcrt_fwscanf(FILE_MS* Stream, const WCHAR* FormatText, const ULONG_PTR* Variable) {
  return ScanStream(Stream, FormatText, Variable, false);
}
int Msvcrt_fwscanf_s(FILE_MS* Stream, const WCHAR* FormatText, const ULONG_PTR* Variable) {
  return ScanStream(Stream, FormatText, Variable, true);
}
int Msvcrt_wscanf_s(const WCHAR* FormatText, const ULONG_PTR* Variable) { return ScanStream(Standard(0), FormatText, Variable, true); }

/// A character from stdin, or to stdout.
USHORT Msvcrt_getwchar() { return Msvcrt_fgetwc(Standard(0)); }
USHORT Msvcrt_putwchar(WCHAR Character) { return Msvcrt_fputwc(Character, Standard(1)); }

/// A line of stdin without its end; null at its end. The buffer's size is not known.
char* Msvcrt_gets(char* Buffer) {
  char* to = Buffer;
  int c = GetChar(Standard(0));
  if (c < 0) return nullptr;
  for (; c >= 0 && c != '\n'; c = GetChar(Standard(0))) *to++ = static_cast<char>(c);
  *to = 0;
  return Buffer;
}

/// Writes a text, a character or formatted text to the console.
int Msvcrt__cputs(const char* Text) { return Msvcrt_fputs(Text, Standard(1)) < 0 ? -1 : 0; }
int Msvcrt__putch(int Character) { return Msvcrt_fputc(Character, Standard(1)); }
int Msvcrt__cprintf(const char* FormatText, const ULONG_PTR* Variable) { return Print(Standard(1), FormatText, Variable); }

}  // extern "C"
