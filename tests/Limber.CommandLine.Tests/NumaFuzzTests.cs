using System;
using System.Collections.Generic;
using Limber.Config;

namespace Limber.CommandLine.Tests;

/// <summary>NUMA options of all dialects, mixed up and damaged, with a fixed seed.</summary>
public sealed class NumaFuzzTests
{
    private static readonly (string[] Start, string Option, string[] Values)[] s_dialects =
    [
        (
            ["qemu", "-m", "64", "-smp", "1,maxcpus=4,sockets=2,cores=2,threads=1"],
            "-numa",
            [
                "node", "node,memdev=a", "node,memdev=b,cpus=0-1", "node,nodeid=1,cpus=2,cpus=3", "node,mem=32", "cpu,node-id=0,socket-id=1",
                "cpu,node-id=1", "dist,src=0,dst=1,val=20", "dist,src=1,dst=0,val=255", "memory-backend-ram,id=a,size=64M",
                "memory-backend-memfd,id=b,size=32M", "{\"qom-type\":\"memory-backend-ram\",\"id\":\"a\",\"size\":67108864}", "{\"\\ud800\":[]}",
            ]),
        (
            ["stratovirt", "-machine", "q35", "-m", "128", "-smp", "2", "-qmp", "unix:q,server,nowait"],
            "-numa",
            [
                "node,cpus=0-1,memdev=a", "node,nodeid=1,cpus=1,memdev=b", "node,cpus=0:1,memdev=a", "dist,src=0,dst=1,val=20",
                "memory-backend-ram,size=128M,id=a", "memory-backend-ram,size=64M,id=b",
            ]),
        (
            ["cloud-hypervisor", "--kernel", "k", "--cpus", "boot=1,max=4"],
            "--numa",
            [
                "guest_numa_id=0", "guest_numa_id=1,cpus=[0-1,3]", "guest_numa_id=2,cpus=2,distances=[0@20,1@30]",
                "guest_numa_id=1,memory_zones=[mem0]", "guest_numa_id=0,distances=1@255",
            ]),
    ];

    [Fact]
    public void Parse_AnyNodes_GivesWholeNodesOrAnError()
    {
        Random random = new(31);
        int whole = 0;
        for (int i = 0; i < 30_000; i++)
        {
            string[] args = Arguments(random);
            switch (CommandLineParser.Parse("limber", args))
            {
                case CommandLineResult.Run { Config: { } config }:
                    // Distances of Cloud Hypervisor's dialect are checked by the validation that follows.
                    string? problem = config.Numa.FindProblem(config.Cpus.Max, config.Memory.Size);
                    Assert.True(problem is null || config.Dialect == Dialect.CloudHypervisor, $"[{string.Join("] [", args)}]: {problem}");
                    whole += config.Numa.IsConfigured && problem is null ? 1 : 0;
                    break;
                case CommandLineResult.Error error:
                    Assert.DoesNotContain(error.Message, char.IsControl);
                    break;
                default:
                    Assert.Fail(string.Join(' ', args));
                    break;
            }
        }

        Assert.True(whole > 300, $"{whole}");
    }

    private static string[] Arguments(Random random)
    {
        (string[] start, string option, string[] values) = s_dialects[random.Next(s_dialects.Length)];
        List<string> args = [.. start];
        for (int count = random.Next(1, 6); count > 0; count--)
        {
            string value = values[random.Next(values.Length)];
            args.Add(value.StartsWith("memory", StringComparison.Ordinal) || value.StartsWith('{') ? "-object" : option);
            args.Add(random.Next(12) switch
            {
                0 => value.Remove(random.Next(value.Length), 1),
                1 => value.Insert(random.Next(value.Length + 1), ((char)random.Next(0x20, 0x7f)).ToString()),
                2 => value + "," + values[random.Next(values.Length)],
                _ => value,
            });
        }

        return [.. args];
    }
}
