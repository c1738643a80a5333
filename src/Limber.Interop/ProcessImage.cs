using System.IO;

namespace Limber.Interop;

/// <summary>The pages of this process that are copies of files on disk.</summary>
public static class ProcessImage
{
    /// <summary>
    /// Gives back the pages of the executable and its libraries that were needed only so far: the kernel maps those that are
    /// needed again from its cache. After start-up that is most of what the process holds beside the guest's memory.
    /// </summary>
    /// <remarks>
    /// Only mappings that can't be written and of which no page was ever changed (not even by the loader's relocations) are
    /// given back, so that what comes back is what was there. All of them are found before the first is given back: the search
    /// itself is code that would bring most of the executable in again, sixteen pages at each fault. Thread: any, also while
    /// others run.
    /// </remarks>
    public static void ReleaseUnusedPages()
    {
        ImageMappings clean = new();
        try
        {
            using var mappings = new FileStream("/proc/self/smaps", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            clean.Read(mappings);
        }
        catch (IOException)
        {
            // Without the file nothing is given back.
            return;
        }

        foreach ((nint start, nuint length) in clean.FindClean())
        {
            _ = Libc.madvise(start, length, Libc.MADV_DONTNEED);
        }
    }
}
