using System;
using Limber.Block;
using Limber.Virtio;

namespace Limber.VirtioBlock;

/// <content>Completions and answers.</content>
internal sealed partial class BlockRequestQueue
{
    private const int SerialSize = 20;

    private void Complete()
    {
        if (DrainCompletions())
        {
            queue?.SignalUsed();
            FinishPostponed();
            queue?.Schedule();
        }
    }

    /// <returns>Whether there was any.</returns>
    private bool DrainCompletions()
    {
        bool any = false;
        int count;
        do
        {
            count = target.Drain(completions);
            any |= count != 0;
            for (int i = 0; i < count; i++)
            {
                Complete(completions[i]);
            }
        }
        while (count == completions.Length);
        return any;
    }

    private void Complete(BlockCompletion completion)
    {
        BlockOperation operation = operations[completion.Tag];
        if (completion.Error == 0 && operation.FlushAfter)
        {
            operation.FlushAfter = false;
            if (target.Submit(BlockRequest.Flush(completion.Tag)))
            {
                target.Kick();
                return;
            }
        }

        if (completion.Error != 0)
        {
            device.Report(new BlockFailure(operation.Kind, completion.Error));
        }

        DescriptorChain chain = operation.Chain!;
        operations.Return(operation);
        long written = operation.Kind == BlockRequestKind.Read && completion.Error == 0 ? operation.DataLength : 0;
        Answer(chain, completion.Error == 0 ? BlockStatus.Ok : BlockStatus.IoError, written);
    }

    private void AnswerSerial(DescriptorChain chain)
    {
        // Spec: 5.2.6: 20 bytes, padded with zeros, not terminated when full.
        Span<byte> serial = stackalloc byte[SerialSize];
        serial.Clear();
        device.Serial.CopyTo(serial);
        long room = Math.Min(chain.WritableLength - StatusSize, SerialSize);
        SegmentWriter writer = chain.Writer;
        writer.Write(serial[..(int)room]);
        Answer(chain, BlockStatus.Ok, room);
    }

    // The status is the very last byte, wherever the data ends.
    private void Answer(DescriptorChain chain, BlockStatus status, long written)
    {
        SegmentWriter writer = chain.Writer;
        writer.Skip(chain.WritableLength - StatusSize);
        writer.Write([(byte)status]);

        // Spec: 5.2.6.1: "len" counts from the start of the writable part; a driver gets at least the status.
        queue!.Push(chain, written + StatusSize == chain.WritableLength ? (uint)chain.WritableLength : (uint)Math.Max(written, StatusSize));
    }
}
