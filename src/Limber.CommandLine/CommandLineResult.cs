using System;
using System.Collections.Immutable;
using System.Text;
using Limber.Config;

namespace Limber.CommandLine;

/// <summary>What a command line asks for. Exactly one of the four nested records.</summary>
public abstract record CommandLineResult
{
    private protected CommandLineResult(int exitCode) => ExitCode = exitCode;

    /// <summary>The process's exit status when the result ends the process; 0 for <see cref="Run"/> and <see cref="Serve"/>.</summary>
    public int ExitCode { get; }

    /// <summary>Create and run this machine. Its files and socket paths are not looked at yet.</summary>
    /// <param name="Config">The machine; check it with <see cref="VmConfigValidation.Check"/>.</param>
    /// <param name="LogVerbosity">Times <c>-v</c> was given (Cloud Hypervisor's dialect); 0..3.</param>
    public sealed record Run(VmConfig Config, int LogVerbosity = 0) : CommandLineResult(0)
    {
        /// <summary>What the user should know although the machine can run; lines without the program's name.</summary>
        public ImmutableArray<string> Warnings { get; init; } = [];
    }

    /// <summary>Wait at a REST socket for a machine to be created there.</summary>
    /// <param name="ApiSocket">The socket's path.</param>
    /// <param name="LogVerbosity">As for <see cref="Run"/>.</param>
    public sealed record Serve(string ApiSocket, int LogVerbosity = 0) : CommandLineResult(0);

    /// <summary>Write the text to standard output and exit with status 0.</summary>
    /// <param name="Text">One or more lines, ending in a line feed.</param>
    public sealed record PrintAndExit(string Text) : CommandLineResult(0);

    /// <summary>Write the message to standard error and exit with status 1.</summary>
    public sealed record Error : CommandLineResult
    {
        /// <summary>Makes an error of a message; control characters in it are shown as <c>\xNN</c>.</summary>
        public Error(string message)
            : base(1) => Message = OneLine(message);

        /// <summary>One line without a line feed, headed by the program's name.</summary>
        public string Message { get; }

        /// <summary>
        /// Messages quote what the user typed. A stray line feed or escape sequence in it must neither split
        /// the line that a log or a script reads nor reprogram the terminal.
        /// </summary>
        private static string OneLine(string text)
        {
            StringBuilder? escaped = null;
            for (int i = 0; i < text.Length; i++)
            {
                char c = text[i];
                bool unsafeChar = char.IsControl(c) || c is '\u2028' or '\u2029';
                if (unsafeChar && escaped is null)
                {
                    escaped = new StringBuilder(text, 0, i, text.Length + 16);
                }

                if (unsafeChar)
                {
                    escaped!.Append("\\x").Append(((int)c).ToString("x2", null));
                }
                else
                {
                    escaped?.Append(c);
                }
            }

            return escaped?.ToString() ?? text;
        }
    }
}
