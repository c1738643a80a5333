using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Limber.Chardev;
using Limber.Chardev.Monitors;
using Limber.Chardev.Multiplexing;
using Limber.Chardev.Terminal;
using Limber.Config;
using Limber.Control;
using Limber.Cpu;
using Limber.Device;
using Limber.Interop;
using Limber.Machine;
using Limber.Rest;
using Limber.Servers.Devices;
using Limber.Servers.Qmp;

namespace Limber;

/// <summary>One machine with its serial ports and front ends, from the first to the last moment of the process.</summary>
internal sealed class Application : IDisposable
{
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(1);

    private readonly VmConfig config;
    private readonly string programName;
    private readonly List<ICharacterBackend?> serials = [];
    private readonly List<(MonitorConfig Config, MonitorListener Listener)> listeners = [];
    private readonly List<PosixSignalRegistration> signals = [];
    private readonly CancellationTokenSource ending = new();
    private MonitorSessions? sessions;
    private VirtualMachine? machine;
    private RestServer? rest;
    private readonly HostEvent activity = new();
    private bool pidFileWritten;

    private Application(VmConfig config, string programName)
    {
        this.config = config;
        this.programName = programName;
    }

    /// <summary>Runs a machine to its end and returns the exit code of the process.</summary>
    public static int Run(VmConfig config, string programName)
    {
        using var application = new Application(config, programName);
        try
        {
            application.Open();
            application.Start();
            return application.WaitForEnd();
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
        catch (Exception e) when (e is VmException or ChardevException or IOException or UnauthorizedAccessException)
        {
            foreach (string detail in (e.InnerException as CpuModelException)?.Details ?? [])
            {
                application.Say(detail);
            }

            application.Say(e.Message);
            return 1;
        }
    }

    /// <summary>Ends what is open, in the order that lets everything still be said. The machine has ended or never started.</summary>
    public void Dispose()
    {
        machine?.Dispose();
        sessions?.Dispose();
        rest?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        listeners.ForEach(l => l.Listener.Dispose());
        if (machine is null)
        {
            // A machine that was created owns them.
            serials.ForEach(s => s?.Dispose());
        }

        if (pidFileWritten)
        {
            File.Delete(config.PidFile!);
        }

        TerminalMode.RestoreAll();
        signals.ForEach(s => s.Dispose());
        ending.Dispose();
        activity.Dispose();
    }

    // Everything that can be refused, before the guest runs.
    private void Open()
    {
        foreach (MonitorConfig monitor in config.Monitors)
        {
            listeners.Add((monitor, MonitorListener.Open(monitor.Backend)));
        }

        for (int i = 0; i < config.Serials.Length; i++)
        {
            CharacterBackendOptions options = new() { Label = $"serial{i}", Announce = StandardStreams.WriteOutputLine };
            serials.Add(config.Serials[i] is { } serial ? CharacterBackends.Create(serial, options) : null);
        }

        var environment = new MachineEnvironment { SerialBackends = [.. serials], Diagnostic = Say };
        machine = VirtualMachine.Create(config, environment);
        foreach (string warning in machine.Warnings)
        {
            Say(warning);
        }

        PlugDevices();
        if (config.PidFile is { } pidFile)
        {
            File.WriteAllText(pidFile, Environment.ProcessId.ToString(null, null) + "\n");
            pidFileWritten = true;
        }
    }

    private void PlugDevices()
    {
        foreach (string device in config.Devices)
        {
            try
            {
                CpuColdPlug.Plug(machine!, device);
            }
            catch (QmpException e)
            {
                throw new VmException(VmErrorCode.Failed, $"-device {device}: {e.Message}", e);
            }
        }
    }

    private void Start()
    {
        HandleSignals();
        sessions = new MonitorSessions(machine!);
        foreach ((MonitorConfig monitor, MonitorListener listener) in listeners)
        {
            listener.Start(stream =>
            {
                activity.Signal();
                sessions.Serve(monitor, stream);
            });
        }

        foreach (ICharacterBackend? serial in serials)
        {
            // Ctrl-A c and Ctrl-A x at a terminal that a serial port shares with a monitor.
            (serial as StdioMultiplexer)?.Connect(sessions.ServeTerminal, () => machine!.Quit(ShutdownReason.HostUi));
        }

        StartRest();
        listeners.ForEach(l => l.Listener.WaitForFirstClient(ending.Token));
        for (int i = 0; i < serials.Count; i++)
        {
            if (serials[i] is { } backend)
            {
                CharacterBackends.WaitForPeer(config.Serials[i]!, backend, ending.Token);
            }
        }

        if (!config.StartPaused)
        {
            machine!.Resume();
        }

        activity.Signal();
    }

    // In a method of its own, so that a machine without the socket never loads the web server.
    private void StartRest()
    {
        if (config.ApiSocket is { } socket)
        {
            rest = RestServer.StartAsync(socket, machine!).GetAwaiter().GetResult();
        }
    }

    private int WaitForEnd()
    {
        Task<int> completion = machine!.Completion;
        completion.ContinueWith(
            _ => activity.Signal(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        bool busy = false;
        while (!completion.IsCompleted)
        {
            // Starting up and greeting a client leave garbage, and touch much code that is not needed again soon. The wait is a
            // plain system call, which brings few of the pages in again.
            bool quiet = !activity.Wait(busy ? QuietTime : Timeout.InfiniteTimeSpan);
            if (quiet)
            {
                ProcessMemory.GiveBack();
            }
            else
            {
                activity.Clear();
            }

            busy = !quiet;
        }

        sessions!.Flush();
        return completion.GetAwaiter().GetResult();
    }

    private void HandleSignals()
    {
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            signals.Add(PosixSignalRegistration.Create(signal, OnSignal));
        }
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        Say($"terminating on signal {SignalNumber(context.Signal)}");
        ending.Cancel();
        machine!.Quit(ShutdownReason.HostSignal);
    }

    private static int SignalNumber(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        _ => 15,
    };

    private void Say(string message) => StandardStreams.WriteErrorLine($"{programName}: {message}");
}
