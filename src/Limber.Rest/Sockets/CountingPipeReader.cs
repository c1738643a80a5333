using System;
using System.Buffers;
using System.IO.Pipelines;
using System.Threading;
using System.Threading.Tasks;

namespace Limber.Rest.Sockets;

/// <summary>A reader that tells how far its user has come. Thread: one at a time, as with any pipe.</summary>
/// <param name="inner">Where the bytes come from.</param>
/// <param name="descriptors">Told of every byte that was consumed.</param>
internal sealed class CountingPipeReader(PipeReader inner, RequestDescriptors descriptors) : PipeReader
{
    private ReadOnlySequence<byte> unread;

    public override bool TryRead(out ReadResult result)
    {
        bool read = inner.TryRead(out result);
        if (read)
        {
            unread = result.Buffer;
        }

        return read;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ValueTask<ReadResult> reading = inner.ReadAsync(cancellationToken);
        return reading.IsCompletedSuccessfully ? new(Note(reading.Result)) : NoteAsync(reading);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        // Before the buffers are given back.
        descriptors.Consume(unread.Slice(unread.Start, consumed).Length);
        unread = default;
        inner.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    private async ValueTask<ReadResult> NoteAsync(ValueTask<ReadResult> reading) => Note(await reading.ConfigureAwait(false));

    private ReadResult Note(ReadResult result)
    {
        unread = result.Buffer;
        return result;
    }
}
