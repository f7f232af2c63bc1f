// Reads PDBs and DWARF with LLVM. This is a library of its own, so that a program that never reports pays nothing for LLVM.
#include "debugger/symbol_reader.h"

#include <llvm/ADT/StringExtras.h>
#include <llvm/DebugInfo/PDB/IPDBLineNumber.h>
#include <llvm/DebugInfo/PDB/IPDBSession.h>
#include <llvm/DebugInfo/PDB/IPDBSourceFile.h>
#include <llvm/DebugInfo/PDB/PDB.h>
#include <llvm/DebugInfo/PDB/PDBContext.h>
#include <llvm/DebugInfo/PDB/PDBSymbolExe.h>
#include <llvm/DebugInfo/PDB/PDBSymbolFunc.h>
#include <llvm/DebugInfo/PDB/PDBSymbolPublicSymbol.h>
#include <llvm/DebugInfo/PDB/PDBSymbolTypeFunctionSig.h>
#include <llvm/DebugInfo/Symbolize/Symbolize.h>
#include <llvm/Object/COFF.h>

#include <cstring>
#include <map>
#include <memory>

namespace {

using llvm::object::COFFObjectFile;

struct Answer {
  std::string function;
  std::uint64_t offset = 0;  ///< from the function's start
  std::string source;
};

std::string SourceText(llvm::StringRef file, unsigned line) {
  if (line == 0 || file.empty() || file == llvm::DILineInfo::BadString) return {};
  const std::size_t slash = file.find_last_of("/\\");
  return file.substr(slash + 1).str() + ":" + std::to_string(line);
}

/// An image file and the debug information that belongs to it.
class Symbols {
 public:
  explicit Symbols(const std::string& path) : path_(path) {
    auto opened = llvm::object::ObjectFile::createObjectFile(path);
    if (!opened) {
      llvm::consumeError(opened.takeError());
      return;
    }
    file_ = std::move(*opened);
    image_ = llvm::dyn_cast<COFFObjectFile>(file_.getBinary());
    if (image_ == nullptr || image_->getPE32PlusHeader() == nullptr) {
      image_ = nullptr;
      return;
    }
    OpenPdb();
  }

  bool Find(std::uint64_t rva, Answer* answer) {
    if (image_ == nullptr || rva >= image_->getPE32PlusHeader()->SizeOfImage) return false;
    if (pdb_ != nullptr) return FindInPdb(rva, answer);
    return image_->getNumberOfSymbols() != 0 && FindInImage(rva, answer);
  }

 private:
  void OpenPdb() {
    const llvm::codeview::DebugInfo* named = nullptr;
    llvm::StringRef name;
    if (auto error = image_->getDebugPDBInfo(named, name)) return llvm::consumeError(std::move(error));
    if (named == nullptr) return;
    std::unique_ptr<llvm::pdb::IPDBSession> session;
    if (auto error = llvm::pdb::loadDataForEXE(llvm::pdb::PDB_ReaderType::Native, path_, session)) {
      return llvm::consumeError(std::move(error));
    }
    // A PDB of another build would name other functions.
    const llvm::codeview::GUID signature = session->getGlobalScope()->getGuid();
    if (std::memcmp(signature.Guid, named->PDB70.Signature, sizeof signature.Guid) != 0) return;
    session->setLoadAddress(image_->getImageBase());
    session_ = session.get();
    pdb_ = std::make_unique<llvm::pdb::PDBContext>(*image_, std::move(session));
  }

  bool FindInPdb(std::uint64_t rva, Answer* answer) {
    const std::uint64_t address = image_->getImageBase() + rva;
    if (const auto symbol = session_->findSymbolByAddress(address, llvm::pdb::PDB_SymType::Function)) {
      const auto* const function = llvm::cast<llvm::pdb::PDBSymbolFunc>(symbol.get());
      answer->function = function->getName();
      answer->offset = address - function->getVirtualAddress();
    } else if (const auto found = session_->findSymbolByAddress(address, llvm::pdb::PDB_SymType::PublicSymbol)) {
      const auto* const symbol_found = llvm::cast<llvm::pdb::PDBSymbolPublicSymbol>(found.get());
      answer->function = symbol_found->getName();
      answer->offset = address - symbol_found->getVirtualAddress();
    } else {
      return false;
    }
    // The innermost line: where a function was inlined, its own.
    const auto frames = pdb_->getInliningInfoForAddress({address, llvm::object::SectionedAddress::UndefSection},
                                                        llvm::DILineInfoSpecifier(llvm::DILineInfoSpecifier::FileLineInfoKind::RawValue));
    if (frames.getNumberOfFrames() != 0) answer->source = SourceText(frames.getFrame(0).FileName, frames.getFrame(0).Line);
    return true;
  }

  bool FindInImage(std::uint64_t rva, Answer* answer) {
    const llvm::object::SectionedAddress address{rva, llvm::object::SectionedAddress::UndefSection};
    auto found = symbolizer_.symbolizeInlinedCode(path_, address);
    if (!found) return llvm::consumeError(found.takeError()), false;
    if (found->getNumberOfFrames() == 0) return false;
    const llvm::DILineInfo& outer = found->getFrame(found->getNumberOfFrames() - 1);
    const llvm::DILineInfo& inner = found->getFrame(0);
    if (outer.FunctionName == llvm::DILineInfo::BadString) return false;
    answer->function = outer.FunctionName;
    answer->source = SourceText(inner.FileName, inner.Line);
    if (outer.StartAddress) {
      const std::uint64_t base = image_->getImageBase();
      answer->offset = rva - (*outer.StartAddress - (*outer.StartAddress >= base ? base : 0));
    } else if (auto symbol = symbolizer_.symbolizeData(path_, address)) {
      const std::uint64_t base = image_->getImageBase();
      answer->offset = rva - (symbol->Start - (symbol->Start >= base ? base : 0));
    } else {
      llvm::consumeError(symbol.takeError());
    }
    return true;
  }

  static llvm::symbolize::LLVMSymbolizer::Options SymbolizerOptions() {
    llvm::symbolize::LLVMSymbolizer::Options options;
    options.RelativeAddresses = true;
    return options;
  }

  std::string path_;
  llvm::object::OwningBinary<llvm::object::ObjectFile> file_;
  const COFFObjectFile* image_ = nullptr;
  llvm::pdb::IPDBSession* session_ = nullptr;  // pdb_ owns it
  std::unique_ptr<llvm::pdb::PDBContext> pdb_;
  llvm::symbolize::LLVMSymbolizer symbolizer_{SymbolizerOptions()};
};

std::string WithOffset(const Answer& answer) {
  if (answer.offset == 0) return answer.function;
  return answer.function + "+0x" + llvm::utohexstr(answer.offset, /*LowerCase=*/true);
}

}  // namespace

bool RingletReadSymbol(const char* path, std::uint64_t rva, std::string* function, std::string* source) {
  static std::map<std::string, std::unique_ptr<Symbols>> images;
  auto& symbols = images[path];
  if (symbols == nullptr) symbols = std::make_unique<Symbols>(path);
  Answer answer;
  if (!symbols->Find(rva, &answer)) return false;
  *function = WithOffset(answer);
  *source = answer.source;
  return true;
}
