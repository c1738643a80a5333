using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using Limber.TestKit;
using static Limber.LabTests.MemoryLab;

namespace Limber.LabTests;

/// <summary>What QMP, the human monitor, REST and the guest's kernel say of a machine's memory has to be the same.</summary>
internal sealed class MemoryAgreement(LabVm vm, HmpClient hmp, RestClient rest, int bootMiB)
{
    private const long BlockSize = 128 * MiB;

    /// <param name="before">MemTotal of the guest when it had its boot memory only.</param>
    public void Check(long before)
    {
        JsonElement summary = vm.Qmp.Execute("query-memory-size-summary");
        long plugged = summary.GetProperty("plugged-memory").GetInt64();
        long boot = summary.GetProperty("base-memory").GetInt64();
        JsonElement[] dimms = [.. Devices(vm.Qmp, "dimm")];
        long sizes = dimms.Sum(d => d.GetProperty("size").GetInt64()) + VirtioMemSize(vm.Qmp);
        LabTests.Check.Equal(bootMiB * MiB, boot, "base-memory");
        LabTests.Check.Equal(sizes, plugged, "plugged-memory, and the sizes of query-memory-devices");
        string text = hmp.Run("info memory_size_summary");
        LabTests.Check.True(text.Contains($"plugged memory: {plugged}\n", StringComparison.Ordinal), $"{plugged} bytes are plugged, and the human monitor says {text}");
        LabTests.Check.Equal(dimms.Length, hmp.Run("info memory-devices").Split("[dimm]").Length - 1, "DIMMs of the human monitor");
        long balloon = CheckBalloon(boot + plugged);
        CheckRest(boot + plugged, plugged, balloon);
        ExpectMore(vm.Guest, before, (int)((plugged - balloon) / MiB));
        CheckBlocks(dimms);
    }

    private long CheckBalloon(long total)
    {
        long actual = vm.Qmp.Execute("query-balloon").GetProperty("actual").GetInt64();
        LabTests.Check.True(
            hmp.Run("info balloon").Contains($"actual={actual / MiB}", StringComparison.Ordinal), $"query-balloon says {actual}, and the human monitor {hmp.Run("info balloon")}");
        return total - actual;
    }

    private void CheckRest(long total, long plugged, long balloon)
    {
        using JsonDocument info = JsonDocument.Parse(rest.Send("GET", "vm.info").Body);
        LabTests.Check.Equal(total - balloon, info.RootElement.GetProperty("memory_actual_size").GetInt64(), "memory_actual_size");
        JsonElement memory = info.RootElement.GetProperty("limber").GetProperty("memory");
        LabTests.Check.Equal(plugged, memory.GetProperty("plugged").GetInt64(), "plugged memory of REST");
        LabTests.Check.Equal(0, memory.GetProperty("pending").GetArrayLength(), "pending operations of REST");
    }

    // Each block of the guest is boot memory, of a DIMM, or of virtio-mem; all blocks of all DIMMs are there, and online.
    private void CheckBlocks(JsonElement[] dimms)
    {
        Dictionary<long, string> blocks = vm.Guest.Run($"for m in {Blocks}/memory[0-9]*; do read s <$m/state; echo ${{m##*/memory}} $s; done").Split('\n')
            .Select(l => l.Split(' ')).ToDictionary(w => long.Parse(w[0], CultureInfo.InvariantCulture), w => w[1]);
        foreach (JsonElement dimm in dimms)
        {
            long first = dimm.GetProperty("addr").GetInt64() / BlockSize;
            long end = first + (dimm.GetProperty("size").GetInt64() / BlockSize);
            for (long block = first; block < end; block++)
            {
                LabTests.Check.Equal("online", blocks.GetValueOrDefault(block, "not there"), $"block {block} of the DIMM {dimm.GetProperty("id")}");
                blocks.Remove(block);
            }
        }

        JsonElement virtioMem = Devices(vm.Qmp, "virtio-mem").Single();
        long start = virtioMem.GetProperty("memaddr").GetInt64() / BlockSize;
        long limit = start + (virtioMem.GetProperty("max-size").GetInt64() / BlockSize);
        long[] ofVirtioMem = [.. blocks.Keys.Where(b => b >= start && b < limit)];
        LabTests.Check.True(
            ofVirtioMem.Length * BlockSize >= virtioMem.GetProperty("size").GetInt64(), $"the guest has {ofVirtioMem.Length} blocks of virtio-mem of {virtioMem.GetProperty("size")}");
        LabTests.Check.Equal(bootMiB * MiB / BlockSize, blocks.Count - ofVirtioMem.Length, "blocks of boot memory, and of no device");
    }
}
