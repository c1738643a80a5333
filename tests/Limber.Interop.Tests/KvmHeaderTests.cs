using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Limber.Interop.Kvm;

namespace Limber.Interop.Tests;

/// <summary>The mirrors of the kernel's header are what the C compiler says of it.</summary>
public sealed class KvmHeaderTests
{
    private static readonly Type[] Structures =
    [
        typeof(kvm_userspace_memory_region), typeof(kvm_irq_level), typeof(kvm_pit_config), typeof(kvm_regs), typeof(kvm_segment),
        typeof(kvm_dtable), typeof(kvm_sregs), typeof(kvm_msr_entry), typeof(kvm_cpuid_entry2), typeof(kvm_lapic_state),
        typeof(kvm_vcpu_events), typeof(kvm_debugregs), typeof(kvm_xsave), typeof(kvm_xcrs), typeof(kvm_irqchip), typeof(kvm_pit_state2),
        typeof(kvm_irq_routing_entry), typeof(kvm_irqfd), typeof(kvm_ioeventfd),
        typeof(kvm_msi), typeof(kvm_ioapic_state), typeof(kvm_enable_cap),
    ];

    private static readonly Dictionary<string, int> RunOffsets = new()
    {
        ["immediate_exit"] = KvmRun.ImmediateExit,
        ["exit_reason"] = KvmRun.ExitReason,
        ["io.direction"] = KvmRun.IoDirection,
        ["io.size"] = KvmRun.IoSize,
        ["io.port"] = KvmRun.IoPort,
        ["io.count"] = KvmRun.IoCount,
        ["io.data_offset"] = KvmRun.IoDataOffset,
        ["mmio.phys_addr"] = KvmRun.MmioAddress,
        ["mmio.data"] = KvmRun.MmioData,
        ["mmio.len"] = KvmRun.MmioLength,
        ["mmio.is_write"] = KvmRun.MmioIsWrite,
        ["fail_entry.hardware_entry_failure_reason"] = KvmRun.FailEntryReason,
        ["internal.suberror"] = KvmRun.InternalSuberror,
        ["system_event.type"] = KvmRun.SystemEventType,
    };

    [Fact]
    public void Mirrors_EqualTheCompilersView()
    {
        Assert.SkipUnless(File.Exists("/usr/include/linux/kvm.h") && File.Exists("/usr/bin/gcc"), "needs gcc and linux-libc-dev");
        Dictionary<string, string> expected = AskCompiler();
        Dictionary<string, string> actual = DescribeMirrors();
        Assert.True(actual.Count > 100);
        foreach ((string name, string value) in actual)
        {
            Assert.Equal($"{name} {expected.GetValueOrDefault(name, "absent")}", $"{name} {value}");
        }
    }

    private static Dictionary<string, string> DescribeMirrors()
    {
        var values = new Dictionary<string, string>();
        foreach (Type type in (Type[])[typeof(KvmIoctl), typeof(KvmCapability), typeof(KvmExitReason)])
        {
            foreach (FieldInfo constant in type.GetFields())
            {
                values[constant.Name] = Convert.ToUInt64(constant.GetRawConstantValue(), null).ToString();
            }
        }

        foreach (Type type in Structures)
        {
            values["sizeof " + type.Name] = Marshal.SizeOf(type).ToString();
            foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
            {
                values[$"{type.Name}.{field.Name}"] = Marshal.OffsetOf(type, field.Name).ToString();
            }
        }

        foreach ((string field, int offset) in RunOffsets)
        {
            values["kvm_run." + field] = offset.ToString();
        }

        return values;
    }

    private static Dictionary<string, string> AskCompiler()
    {
        var source = new StringBuilder("#include <linux/kvm.h>\n#include <stdio.h>\n#include <stddef.h>\nint main(void) {\n");
        foreach (string name in DescribeMirrors().Keys)
        {
            string expression = name switch
            {
                _ when name.StartsWith("KVM_", StringComparison.Ordinal) => $"(unsigned long)({name})",
                _ when name.StartsWith("sizeof ", StringComparison.Ordinal) => $"sizeof(struct {name[7..]})",
                _ => $"offsetof(struct {name[..name.IndexOf('.')]}, {name[(name.IndexOf('.') + 1)..]})",
            };
            source.AppendLine($"printf(\"{name}=%lu\\n\", (unsigned long){expression});");
        }

        source.AppendLine("return 0; }");
        DirectoryInfo directory = Directory.CreateTempSubdirectory("kvmh");
        try
        {
            string program = Path.Combine(directory.FullName, "layout");
            File.WriteAllText(program + ".c", source.ToString());
            Run("/usr/bin/gcc", "-o", program, program + ".c");
            return Run(program).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('=')).ToDictionary(p => p[0], p => p[1]);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
        return output;
    }
}
