using System.Collections.Concurrent;
using Limber.Device;

namespace Limber.Virtio.TestKit;

/// <summary>Keeps what guests did wrong; the number kept is limited, as fuzzing makes many.</summary>
public sealed class TestLog : IDeviceLog
{
    private const int Limit = 1000;
    private readonly ConcurrentQueue<string> oddities = new();

    public string[] Oddities => [.. oddities];

    public void GuestError(string device, string oddity)
    {
        if (oddities.Count < Limit)
        {
            oddities.Enqueue(oddity);
        }
    }
}
