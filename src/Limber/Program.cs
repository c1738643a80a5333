using System;
using System.IO;
using Limber.Chardev.Terminal;
using Limber.CommandLine;
using Limber.Interop;

namespace Limber;

/// <summary>The executable: a command line in one of three dialects becomes a running machine, or waits for one.</summary>
internal static class Program
{
    private const int DefaultStackSize = 1 << 20;

    private static int Main(string[] args)
    {
        HostThread.SetDefaultStackSize(DefaultStackSize);
        string name = Path.GetFileName(Environment.GetCommandLineArgs()[0]);
        AppDomain.CurrentDomain.UnhandledException += static (_, _) => TerminalMode.RestoreAll();
        switch (CommandLineParser.Parse(name, args))
        {
            case CommandLineResult.PrintAndExit print:
                Console.Out.Write(print.Text);
                return print.ExitCode;
            case CommandLineResult.Error error:
                Console.Error.WriteLine(error.Message);
                return error.ExitCode;
            case CommandLineResult.Serve serve:
                return ApiApplication.Run(serve.ApiSocket, name);
            case CommandLineResult.Run run when VmConfigValidation.Check(run.Config) is { } problem:
                Console.Error.WriteLine($"{name}: {problem}");
                return 1;
            case CommandLineResult.Run run:
                foreach (string warning in run.Warnings)
                {
                    Console.Error.WriteLine($"{name}: {warning}");
                }

                return Application.Run(run.Config, name);
            default:
                throw new InvalidOperationException("the command line is none of the four things it can be");
        }
    }
}
