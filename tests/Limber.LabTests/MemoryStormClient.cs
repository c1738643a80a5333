using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Limber.TestKit;
using static Limber.LabTests.MemoryLab;

namespace Limber.LabTests;

/// <summary>One of the clients of the storm on memory. A refusal is an answer. Thread: one.</summary>
/// <param name="name">For the report.</param>
internal abstract class MemoryStormClient(string name)
{
    public string Name { get; } = name;

    /// <summary>Carries out a step; false when the machine refused it.</summary>
    /// <param name="grow">The machine is to have more memory, or less.</param>
    /// <param name="random">How much, and which.</param>
    public abstract bool Play(bool grow, int random);

    /// <summary>DIMMs by QMP: backend and device, device and later backend.</summary>
    public sealed class Dimms(QmpClient qmp) : MemoryStormClient("DIMMs by QMP")
    {
        private readonly HashSet<string> backends = [];
        private int count;

        public override bool Play(bool grow, int random)
        {
            string[] present = [.. Devices(qmp, "dimm").Select(d => d.GetProperty("id").GetString()!)];
            foreach (string left in backends.Where(b => !present.Contains(b)).ToArray())
            {
                // Until its pages are gone the backend is in use.
                if (Try("object-del", $$"""{"id": "m-{{left}}"}"""))
                {
                    backends.Remove(left);
                }
            }

            return grow ? Grow(random) : present.Length > 0 && Try("device_del", $$"""{"id": "{{present[random % present.Length]}}"}""");
        }

        private bool Grow(int random)
        {
            string id = $"dimm{count++}";
            backends.Add(id);
            bool made = Try("object-add", $$"""{"qom-type": "memory-backend-ram", "id": "m-{{id}}", "size": {{128 * MiB * (1 + (random % 2))}}}""");
            return made && Try("device_add", $$"""{"driver": "pc-dimm", "id": "{{id}}", "memdev": "m-{{id}}"}""");
        }

        private bool Try(string command, string arguments) =>
            qmp.Send($$"""{"execute": "{{command}}", "arguments": {{arguments}}}""").TryGetProperty("return", out _);
    }

    /// <summary>virtio-mem by QMP: any whole number of blocks, and the same once more now and then.</summary>
    public sealed class VirtioMem(QmpClient qmp, int mostMiB) : MemoryStormClient("virtio-mem by QMP")
    {
        private const int BlockMiB = 2;
        private int now;

        public override bool Play(bool grow, int random)
        {
            int step = random % 8 == 0 ? 0 : BlockMiB * (random % 160);
            now = Math.Clamp(grow ? now + step : now - step, 0, mostMiB);
            Wish(qmp, now);
            return true;
        }
    }

    /// <summary>Sizes and the balloon by REST.</summary>
    public sealed class Sizes(RestClient rest, int mostBalloonMiB) : MemoryStormClient("vm.resize")
    {
        public override bool Play(bool grow, int random)
        {
            if (random % 3 == 0)
            {
                return Try($$"""{"desired_balloon":{{(grow ? random % mostBalloonMiB : 0) * MiB}}}""");
            }

            // As much as it will be when everybody has what was asked for, and some DIMMs more or less.
            using JsonDocument info = JsonDocument.Parse(rest.Send("GET", "vm.info").Body);
            JsonElement memory = info.RootElement.GetProperty("limber").GetProperty("memory");
            long expected = memory.GetProperty("base").GetInt64() + memory.GetProperty("devices").EnumerateArray().Sum(Wanted);
            long step = 128 * MiB * (1 + (random % 3));
            return Try($$"""{"desired_ram":{{Math.Max(memory.GetProperty("base").GetInt64(), grow ? expected + step : expected - step)}}}""");
        }

        private static long Wanted(JsonElement device) =>
            device.TryGetProperty("requested_size", out JsonElement requested) && requested.ValueKind == JsonValueKind.Number ? requested.GetInt64()
            : device.GetProperty("removal_pending").GetBoolean() ? 0
            : device.GetProperty("size").GetInt64();

        private bool Try(string body) => rest.Send("PUT", "vm.resize", body) is var (status, text) && status switch
        {
            204 => true,
            429 or 500 => false,
            _ => throw new ScenarioException($"vm.resize {body} was answered by {status} {text}"),
        };
    }
}
