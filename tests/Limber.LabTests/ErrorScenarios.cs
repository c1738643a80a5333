using System.Text.Json;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>Every documented refusal, with a live guest behind it.</summary>
internal static class ErrorScenarios
{
    public static Scenario[] All =>
    [
        new("documented-errors", Documented),
        new("guest-without-acpi", WithoutAcpi),
    ];

    private static void Documented(LabContext context)
    {
        LabVm vm = context.StartGuest("1,maxcpus=4").Booted();
        QmpClient qmp = vm.Qmp;
        const string type = "host-x86_64-cpu";
        Expect("device_add", "{}", "GenericError: Parameter 'driver' is missing");
        Expect("device_add", """{"driver": "nosuch-cpu", "id": "c"}""", "GenericError: 'nosuch-cpu' is not a valid device model name");
        Expect("device_add", $$"""{"driver": "{{type}}", "id": "c"}""", "GenericError: CPU socket-id is not set");
        Expect("device_add", $$"""{"driver": "{{type}}", "id": "c", "foo": 1, "socket-id": 0, "core-id": 1, "thread-id": 0}""", $"GenericError: Property '{type}.foo' not found");
        Expect("device_add", $$"""{"driver": "{{type}}", "id": "c", "socket-id": 0, "core-id": 0, "thread-id": 0}""", "GenericError: CPU[0] with APIC ID 0 exists");
        Expect("device_add", $$"""{"driver": "{{type}}", "id": "c", "socket-id": 0, "core-id": 4, "thread-id": 0}""", "GenericError: Invalid CPU core-id: 4 must be in range 0:3");
        vm.Plug(1, "c1");
        Expect("device_add", $$"""{"driver": "{{type}}", "id": "c1", "socket-id": 0, "core-id": 2, "thread-id": 0}""", "GenericError: Duplicate device ID 'c1'");
        Expect("device_del", """{"id": "nosuch"}""", "DeviceNotFound: Device 'nosuch' not found");
        Expect("device_del", """{"id": "/machine/unattached/device[0]"}""", "GenericError: Boot CPU is unpluggable");

        // A removal that is asked for twice is accepted twice, and happens once.
        vm.OnlineAll();
        qmp.Execute("stop");
        qmp.Execute("device_del", """{"id": "c1"}""");
        qmp.Execute("device_del", """{"id": "c1"}""");
        Expect("device_add", $$"""{"driver": "{{type}}", "id": "c1", "socket-id": 0, "core-id": 1, "thread-id": 0}""", "GenericError: Duplicate device ID 'c1'");
        Expect("device_add", $$"""{"driver": "{{type}}", "id": "x", "socket-id": 0, "core-id": 1, "thread-id": 0}""", "GenericError: CPU[1] with APIC ID 1 exists");
        qmp.Execute("cont");
        qmp.WaitEvent("DEVICE_DELETED", 60, e => e.GetProperty("data").TryGetProperty("device", out _));
        vm.ExpectCpus(1);
        vm.PowerOff();

        void Expect(string command, string arguments, string error) => Check.Equal(error, qmp.ExecuteFailing(command, arguments), $"{command} {arguments}");
    }

    private static void WithoutAcpi(LabContext context)
    {
        LabVm vm = context.StartGuest("1,maxcpus=2", append: "acpi=off").Booted();
        vm.Qmp.Execute("device_add", """{"driver": "generic-x86-cpu", "id": "unseen", "cpu-id": 1}""");
        JsonElement operation = vm.Qmp.Execute("x-limber-query-operations")[0];
        Check.Equal("notified", operation.GetProperty("state").GetString(), "state of the plug");
        vm.Qmp.Execute("device_del", """{"id": "unseen"}""");
        JsonElement removal = vm.Qmp.Execute("x-limber-query-operations")[1];
        Check.Equal("notified", removal.GetProperty("state").GetString(), "state of the removal");
        long id = removal.GetProperty("id").GetInt64();
        JsonElement waited = vm.Qmp.Execute("x-limber-wait-operation", $$"""{"id": {{id}}, "timeout": 1}""");
        Check.Equal("notified", waited.GetProperty("state").GetString(), "state after waiting in vain");
        vm.Qmp.Execute("x-limber-cancel-operation", $$"""{"id": {{id}}}""");
        waited = vm.Qmp.Execute("x-limber-wait-operation", $$"""{"id": {{id}}, "timeout": 1}""");
        Check.Equal("cancelled", waited.GetProperty("state").GetString(), "state after cancelling");

        // A reset completes what the guest left undone.
        vm.Qmp.Execute("device_del", """{"id": "unseen"}""");
        vm.Qmp.Execute("system_reset");
        vm.Qmp.WaitEvent("DEVICE_DELETED", 20);
        Check.Equal(1, vm.Qmp.Execute("query-cpus-fast").GetArrayLength(), "query-cpus-fast");
        vm.Qmp.Execute("quit");
        Check.Equal(0, vm.Process.WaitForExit(20), "exit code");
    }
}
