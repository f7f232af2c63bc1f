// The WDK's list of deprecated C runtime functions. A compiler's opinion only: it declares nothing.
#pragma once
