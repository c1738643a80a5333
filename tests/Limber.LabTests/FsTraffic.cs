using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>
/// Programs of the guest that use a directory without an end: one writes with fsync and remembers what it was told is on the disk, one
/// reads past the cache, one copies, and one holds a file open.
/// </summary>
/// <param name="guest">The guest's shell.</param>
/// <param name="directory">The directory, which has a file <c>host</c>.</param>
internal sealed class FsTraffic(GuestConsole guest, string directory)
{
    private const int PieceLength = 16384;
    private const int PiecesAtLeast = 4;
    private const double Patience = 30;
    private static readonly string[] Names = ["writer", "reader", "copier"];

    /// <summary>The file of the writer, in the directory.</summary>
    public const string Log = "log";

    /// <summary>
    /// Starts the programs and returns when something is on the disk. What holds a file since the last start, of a share that is gone,
    /// ends.
    /// </summary>
    public void Start() => guest.Run(
        $": >/tmp/kept; rm -f {directory}/{Log}; "
        + $"(n=0; while dd if=/dev/urandom of=/tmp/piece bs={PieceLength} count=1 2>/dev/null && dd if=/tmp/piece of={directory}/{Log} bs={PieceLength} seek=$n count=1 conv=notrunc,fsync; "
        + "do cat /tmp/piece >>/tmp/kept; n=$((n+1)); done) >/dev/null 2>/tmp/writer & w=$!; "
        + $"(while dd if={directory}/host of=/dev/null bs=64k; do echo 3 >/proc/sys/vm/drop_caches; done) >/dev/null 2>/tmp/reader & r=$!; "
        + $"(while cp {directory}/host {directory}/copy; do :; done) >/dev/null 2>/tmp/copier & c=$!; "
        + $"[ -z \"$h\" ] || kill $h; sleep 1000 <{directory}/host & h=$!; "
        + $"while [ $(wc -c </tmp/kept) -lt {PiecesAtLeast * PieceLength} ]; do usleep 20000; done",
        Patience);

    /// <summary>All but the one that holds a file must have ended, each with an error.</summary>
    /// <param name="isExpected">Of what each said last, with its own name before it.</param>
    /// <returns>What the writer said.</returns>
    public string ExpectEnded(Predicate<string> isExpected)
    {
        guest.Run("wait $w $r $c", Patience);
        string[] words = guest.Run($"for f in {string.Join(' ', Names)}; do grep -v records /tmp/$f | tail -n 1; done").Split('\n');
        Check.True(words.Length == Names.Length && Array.TrueForAll(words, isExpected), "last words of the guest's programs: " + string.Join(" / ", words));
        return words[0];
    }

    /// <summary>Ends what holds a file.</summary>
    public void Release() => guest.Run("kill $h; wait $h 2>/dev/null; h=");

    /// <summary>What the guest was told is on the disk: bytes of <see cref="Log"/> from its beginning, and their checksum.</summary>
    public (int Length, string Sum) Kept()
    {
        string[] said = guest.Run("wc -c </tmp/kept; sha256sum </tmp/kept | cut -d' ' -f1").Split('\n');
        int length = int.Parse(said[0], CultureInfo.InvariantCulture);
        Check.True(length >= PiecesAtLeast * PieceLength, $"{length} bytes were acknowledged");
        return (length, said[1]);
    }

    /// <summary>That must be in the host's file.</summary>
    /// <returns>Bytes of it.</returns>
    public int ExpectKept(string file)
    {
        (int length, string sum) = Kept();
        byte[] data = File.ReadAllBytes(file);
        Check.True(data.Length >= length, $"{length} bytes were acknowledged, and {file} has {data.Length}");
        Check.Equal(sum, Convert.ToHexStringLower(SHA256.HashData(data.AsSpan(0, length))), $"checksum of the {length} bytes that were acknowledged");
        return length;
    }
}
