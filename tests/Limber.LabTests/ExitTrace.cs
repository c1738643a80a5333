using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace Limber.LabTests;

/// <summary>Counts what guests need the VMM for, by the kernel's own trace points.</summary>
internal sealed partial class ExitTrace
{
    private const string Root = "/sys/kernel/tracing";

    private ExitTrace(IReadOnlyDictionary<string, int> accesses, int userExits)
    {
        Accesses = accesses;
        UserExits = userExits;
    }

    public static bool IsAvailable => File.Exists(Root + "/events/kvm/kvm_pio/enable");

    /// <summary>Port and memory-mapped accesses by direction and address, the serial port left out.</summary>
    public IReadOnlyDictionary<string, int> Accesses { get; }

    /// <summary>Exits to user space for an access, the serial port left out.</summary>
    public int UserExits { get; }

    /// <summary>Counts while an action goes on.</summary>
    public static ExitTrace During(Action action)
    {
        Set(true);
        try
        {
            // The buffer keeps what was before; a marker tells where this begins.
            string marker = $"limber {Guid.NewGuid()}";
            File.WriteAllText(Root + "/trace_marker", marker);
            action();
            return Parse(File.ReadLines(Root + "/trace").SkipWhile(l => !l.Contains(marker, StringComparison.Ordinal)));
        }
        finally
        {
            Set(false);
        }
    }

    public override string ToString() =>
        $"{UserExits} exits to user space ({string.Join(", ", Accesses.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $"{a.Key} x{a.Value}"))})";

    private static void Set(bool on)
    {
        File.WriteAllText(Root + "/buffer_size_kb", "8192");
        foreach (string name in (string[])["kvm_pio", "kvm_mmio", "kvm_userspace_exit"])
        {
            File.WriteAllText($"{Root}/events/kvm/{name}/enable", on ? "1" : "0");
        }
    }

    private static ExitTrace Parse(IEnumerable<string> lines)
    {
        var accesses = new Dictionary<string, int>();
        int userExits = 0;
        foreach (string line in lines)
        {
            Match match = Access().Match(line);
            if (match.Success)
            {
                ulong address = Convert.ToUInt64(match.Groups[3].Value, 16);
                bool isApic = match.Groups[1].Value == "mmio" && address >= 0xfec00000;
                if (address is < 0x3f8 or > 0x3ff && !isApic)
                {
                    string key = match.Groups[2].Value + " 0x" + address.ToString("x", System.Globalization.CultureInfo.InvariantCulture);
                    accesses[key] = accesses.GetValueOrDefault(key) + 1;
                }
                else
                {
                    userExits -= isApic ? 0 : 1;
                }
            }
            else if (line.Contains("reason KVM_EXIT_IO", StringComparison.Ordinal) || line.Contains("reason KVM_EXIT_MMIO", StringComparison.Ordinal))
            {
                userExits++;
            }
        }

        return new ExitTrace(accesses, userExits);
    }

    // kvm_pio: pio_write at 0x620 size 4 count 1 val 0x10001; kvm_mmio: mmio write len 4 gpa 0xfee000b0 val 0x0
    [GeneratedRegex(@"kvm_(pio|mmio): (?:pio_|mmio )(read|write|unsatisfied-read) (?:at|len \d+ gpa) 0x([0-9a-f]+)")]
    private static partial Regex Access();
}
