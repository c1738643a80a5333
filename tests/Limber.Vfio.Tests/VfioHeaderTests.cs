using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Limber.Vfio.Native;

namespace Limber.Vfio.Tests;

/// <summary>The mirrors of the kernel's header are what the C compiler says of it.</summary>
public sealed class VfioHeaderTests
{
    private const string Header = "/usr/include/linux/vfio.h";

    private static readonly Type[] Structures =
    [
        typeof(vfio_info_cap_header), typeof(vfio_group_status), typeof(vfio_device_info), typeof(vfio_region_info),
        typeof(vfio_region_info_cap_sparse_mmap), typeof(vfio_region_sparse_mmap_area), typeof(vfio_irq_info), typeof(vfio_irq_set),
        typeof(vfio_pci_dependent_device), typeof(vfio_pci_hot_reset_info), typeof(vfio_pci_hot_reset),
        typeof(vfio_iommu_type1_dma_map), typeof(vfio_iommu_type1_dma_unmap),
    ];

    [Fact]
    public void Mirrors_EqualTheCompilersView()
    {
        Assert.SkipUnless(File.Exists(Header) && File.Exists("/usr/bin/gcc"), "needs gcc and linux-libc-dev");
        Dictionary<string, string> expected = AskCompiler();
        Dictionary<string, string> actual = DescribeMirrors();
        Assert.True(actual.Count > 80);
        foreach ((string name, string value) in actual)
        {
            Assert.Equal($"{name} {expected.GetValueOrDefault(name, "absent")}", $"{name} {value}");
        }
    }

    private static Dictionary<string, string> DescribeMirrors()
    {
        var values = new Dictionary<string, string>();
        foreach (FieldInfo constant in typeof(VfioIoctl).GetFields())
        {
            values[constant.Name] = Convert.ToUInt64(constant.GetRawConstantValue(), null).ToString();
        }

        foreach (Type type in Structures)
        {
            values["sizeof " + type.Name] = Marshal.SizeOf(type).ToString();
            foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
            {
                values[$"{type.Name}.{field.Name}"] = Marshal.OffsetOf(type, field.Name).ToString();
            }
        }

        return values;
    }

    private static Dictionary<string, string> AskCompiler()
    {
        var source = new StringBuilder("#include <linux/vfio.h>\n#include <stdio.h>\n#include <stddef.h>\nint main(void) {\n");
        foreach (string name in DescribeMirrors().Keys)
        {
            string expression = name switch
            {
                _ when name.StartsWith("VFIO_", StringComparison.Ordinal) => $"(unsigned long)({name})",
                // The kernel's own users count from the array at the end, not from the padded size.
                "sizeof vfio_irq_set" => "offsetof(struct vfio_irq_set, data)",
                // Later headers pad the structure at its end; argsz tells the kernel which one it gets.
                "sizeof vfio_device_info" => "offsetof(struct vfio_device_info, cap_offset) + 4",
                _ when name.StartsWith("sizeof ", StringComparison.Ordinal) => $"sizeof(struct {name[7..]})",
                _ => $"offsetof(struct {name[..name.IndexOf('.')]}, {name[(name.IndexOf('.') + 1)..]})",
            };
            source.AppendLine($"printf(\"{name}=%lu\\n\", (unsigned long){expression});");
        }

        source.AppendLine("return 0; }");
        DirectoryInfo directory = Directory.CreateTempSubdirectory("vfioh");
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
