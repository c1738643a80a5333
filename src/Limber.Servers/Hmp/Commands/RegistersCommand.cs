using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Limber.Control;

namespace Limber.Servers.Hmp.Commands;

/// <summary><c>info registers [-a]</c>: the general and control registers, in QEMU's layout.</summary>
internal static class RegistersCommand
{
    private static readonly string[] Names =
        ["RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "RSP", "R8 ", "R9 ", "R10", "R11", "R12", "R13", "R14", "R15"];

    // Where the registers of the names above are in the order of their encoding.
    private static readonly int[] Encodings = [0, 3, 1, 2, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15];

    public static void Show(HmpContext context, string argument)
    {
        if (argument is not ("" or "-a"))
        {
            throw new HmpUsageException($"unsupported option '{argument}': info registers [-a]");
        }

        IReadOnlyList<CpuRegisters> all = context.Machine.GetCpuRegisters();
        CpuRegisters current = all.FirstOrDefault(r => r.Index == context.Focus.CpuIndex) ?? all[0];
        foreach (CpuRegisters registers in argument == "-a" ? all : [current])
        {
            Print(context, registers);
        }
    }

    private static void Print(HmpContext context, CpuRegisters r)
    {
        context.PrintLine(string.Empty);
        context.PrintLine(string.Create(CultureInfo.InvariantCulture, $"CPU#{r.Index}"));
        for (int i = 0; i < Names.Length; i += 4)
        {
            context.PrintLine(string.Join(' ', Enumerable.Range(i, 4).Select(n => $"{Names[n]}={r.General[Encodings[n]]:x16}")));
        }

        // What stands behind HLT is Limber's own: QEMU says HLT=1 of a processor that was never started, too.
        string waits = r.Activity switch
        {
            CpuActivity.WaitingForInit => " (waits for INIT)",
            CpuActivity.WaitingForSipi => " (waits for SIPI)",
            _ => string.Empty,
        };
        int halted = r.Activity == CpuActivity.Running ? 0 : 1;
        context.PrintLine(FormattableString.Invariant(
            $"RIP={r.Rip:x16} RFL={r.Rflags:x8} CPL={r.PrivilegeLevel} HLT={halted}{waits}"));
        context.PrintLine(FormattableString.Invariant($"CS ={r.CsSelector:x4} {r.CsBase:x16}"));
        context.PrintLine(FormattableString.Invariant($"CR0={r.Cr0:x8} CR2={r.Cr2:x16} CR3={r.Cr3:x16} CR4={r.Cr4:x8}"));
        context.PrintLine(FormattableString.Invariant($"EFER={r.Efer:x16} APIC={r.ApicBase:x16}"));
    }
}
