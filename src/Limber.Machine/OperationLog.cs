using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Limber.Control;

namespace Limber.Machine;

/// <summary>All operations that go on and the newest ones that ended.</summary>
/// <remarks>Thread: any. Lock order: <see cref="gate"/> is a leaf.</remarks>
internal sealed class OperationLog
{
    private const int KeptFinalOperations = 256;

    private readonly Lock gate = new();
    private readonly SortedDictionary<long, HotplugOperation> operations = [];
    private long lastId;

    public long NextId() => Interlocked.Increment(ref lastId);

    /// <summary>Adds an operation and drops the oldest ended ones beyond the limit.</summary>
    public void Add(HotplugOperation operation)
    {
        lock (gate)
        {
            operations.Add(operation.Current.Id, operation);
            if (operations.Count > KeptFinalOperations)
            {
                List<HotplugOperation> final = [.. operations.Values.Where(o => o.Current.IsFinal)];
                foreach (HotplugOperation old in final.Take(Math.Max(final.Count - KeptFinalOperations, 0)))
                {
                    operations.Remove(old.Current.Id);
                }
            }
        }
    }

    public HotplugOperation? Find(long id)
    {
        lock (gate)
        {
            return operations.GetValueOrDefault(id);
        }
    }

    public IReadOnlyList<HotplugOperation> GetAll()
    {
        lock (gate)
        {
            return [.. operations.Values];
        }
    }
}
