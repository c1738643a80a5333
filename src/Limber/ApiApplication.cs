using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Limber.Chardev;
using Limber.Chardev.Terminal;
using Limber.CommandLine;
using Limber.Config;
using Limber.Control;
using Limber.Device;
using Limber.Interop;
using Limber.Machine;
using Limber.Rest;

namespace Limber;

/// <summary>A process with a REST socket and no machine until a client creates one; machines come and go.</summary>
/// <remarks>
/// A guest that powers itself off ends the process, as Cloud Hypervisor has it; deleting its machine does not.
/// Lock order: <see cref="gate"/> is a leaf.
/// </remarks>
internal sealed class ApiApplication : IVmHost, IDisposable
{
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly string programName;
    private readonly TaskCompletionSource<int> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<PosixSignalRegistration> signals = [];
    private VirtualMachine? machine;
    private RestServer? rest;

    private ApiApplication(string programName) => this.programName = programName;

    /// <inheritdoc/>
    public IVirtualMachine? Machine
    {
        get
        {
            lock (gate)
            {
                return machine;
            }
        }
    }

    /// <summary>Serves to the end and returns the exit code of the process.</summary>
    public static int Run(string apiSocket, string programName)
    {
        using var application = new ApiApplication(programName);
        try
        {
            application.HandleSignals();
            application.rest = RestServer.StartAsync(apiSocket, application).GetAwaiter().GetResult();
            return application.WaitForEnd();
        }
        catch (IOException e)
        {
            application.Say(e.Message);
            return 1;
        }
    }

    /// <inheritdoc/>
    public void Create(VmConfig config)
    {
        if (Machine is not null)
        {
            throw new VmException(VmErrorCode.InvalidState, "VM is already created");
        }

        if (VmConfigValidation.Check(config) is { } problem)
        {
            throw new VmException(VmErrorCode.Failed, problem);
        }

        VirtualMachine created = Make(config);
        foreach (string warning in created.Warnings)
        {
            Say(warning);
        }

        lock (gate)
        {
            machine = created;
        }

        created.Completion.ContinueWith(
            code => OnCompleted(created, code.Result), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <inheritdoc/>
    public void Delete()
    {
        VirtualMachine? deleted;
        lock (gate)
        {
            deleted = machine;
            machine = null;
        }

        deleted?.Dispose();
    }

    /// <inheritdoc/>
    public void Quit() => ended.TrySetResult(0);

    /// <summary>Ends what is open; replies under way are still sent.</summary>
    public void Dispose()
    {
        rest?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Delete();
        TerminalMode.RestoreAll();
        signals.ForEach(static signal => signal.Dispose());
    }

    private VirtualMachine Make(VmConfig config)
    {
        List<ICharacterBackend?> serials = [];
        try
        {
            for (int i = 0; i < config.Serials.Length; i++)
            {
                CharacterBackendOptions options = new() { Label = $"serial{i}", Announce = StandardStreams.WriteOutputLine };
                serials.Add(config.Serials[i] is { } serial ? CharacterBackends.Create(serial, options) : null);
            }

            return VirtualMachine.Create(config, new MachineEnvironment { SerialBackends = [.. serials], Diagnostic = Say });
        }
        catch (Exception e)
        {
            // A machine that was created owns them.
            serials.ForEach(static serial => serial?.Dispose());
            TerminalMode.RestoreAll();
            throw e is ChardevException ? new VmException(VmErrorCode.HostFailure, e.Message, e) : e;
        }
    }

    // A machine that was deleted is no longer this process's.
    private void OnCompleted(VirtualMachine completed, int code)
    {
        if (Machine == completed)
        {
            ended.TrySetResult(code);
        }
    }

    private int WaitForEnd()
    {
        // Starting up touches much code that is not needed again soon.
        if (!ended.Task.Wait(QuietTime))
        {
            ProcessMemory.GiveBack();
        }

        return ended.Task.GetAwaiter().GetResult();
    }

    private void HandleSignals()
    {
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                Say("terminating on a signal");
                Quit();
            }));
        }
    }

    private void Say(string message) => StandardStreams.WriteErrorLine($"{programName}: {message}");
}
