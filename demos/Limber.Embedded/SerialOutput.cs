using System;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Limber.Device;

namespace Limber.Embedded;

/// <summary>The host's side of a serial port: keeps what the guest prints, and knows when it has printed something.</summary>
internal sealed class SerialOutput : ICharacterBackend
{
    private const int Most = 1 << 20;

    private readonly Lock gate = new();
    private readonly StringBuilder text = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>This guest is given no input.</summary>
    public void Start(ICharacterFrontend frontend) { }

    /// <summary>Called by the thread of a vCPU: it must not wait, and need not take everything.</summary>
    public int Write(ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            if (text.Length < Most)
            {
                text.Append(Encoding.Latin1.GetString(data));
            }

            changed.TrySetResult();
        }

        return data.Length;
    }

    /// <summary>Returns the line that has a text in it, as soon as there is one.</summary>
    /// <exception cref="TimeoutException">There was none within two minutes.</exception>
    public async Task<string> LineWith(string sought)
    {
        DateTime end = DateTime.UtcNow.AddMinutes(2);
        while (true)
        {
            Task more;
            lock (gate)
            {
                foreach (string line in text.ToString().Split('\n'))
                {
                    // Only a whole line: its end may be on its way.
                    if (line.Contains(sought, StringComparison.Ordinal) && line.EndsWith('\r'))
                    {
                        return line.TrimEnd('\r');
                    }
                }

                changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                more = changed.Task;
            }

            TimeSpan left = end - DateTime.UtcNow;
            await more.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
    }

    public void Dispose() { }
}
