using System;
using Limber.Control;
using Limber.Device.RateLimits;

namespace Limber.Machine;

/// <summary>What the guest's <c>_OST</c> reports mean for operations.</summary>
/// <remarks>
/// Guarded by the machine's control lock. Guest-controlled: everything. Reports that decide nothing reach the subscribers at a
/// limited rate, however fast the guest sends them and whatever is pending.
/// </remarks>
internal sealed class StatusReports
{
    private readonly EventPublisher publisher;
    private readonly OperationBook book;
    private readonly TimeProvider time;
    private readonly RateLimiter undecided;

    public StatusReports(EventPublisher publisher, OperationBook book, TimeProvider time)
    {
        this.publisher = publisher;
        this.book = book;
        this.time = time;
        undecided = new RateLimiter(null, new TokenBucketLimit(200, 0, TimeSpan.FromSeconds(2)), time);
    }

    /// <summary>The guest reported a status for the processor of a target.</summary>
    public void Handle(HotplugTarget target, uint sourceEvent, uint status)
    {
        bool aboutEject = OstStatus.IsEjectEvent(sourceEvent);
        bool aboutInsert = OstStatus.IsInsertEvent(sourceEvent);

        // A report about a request that the guest's ACPI has not read is no answer to it. Taken for one, it would end the
        // request, and the guest would never learn of it.
        HotplugOperation? operation = aboutEject && target.HasReadRemoval ? target.Removal
            : aboutInsert && target.HasReadInsert ? target.Plug
            : null;
        bool refused = !OstStatus.IsInProgress(sourceEvent, status) && status != OstStatus.Success;
        bool decides = refused || (aboutInsert && status == OstStatus.Success);
        bool first = operation is { Current.OstEvent: null };
        if (!first && !(operation is not null && decides) && !undecided.TryTake(0, out _))
        {
            return;
        }

        target.OnStatusReported(publisher, sourceEvent, status);
        if (operation is null)
        {
            NoteAftermath(aboutEject ? target.EndedRemoval : aboutInsert ? target.EndedPlug : null, sourceEvent, status);
            return;
        }

        OperationSnapshot reported = operation.Current with
        {
            State = OperationState.Acknowledged,
            OstEvent = sourceEvent,
            OstStatus = status,
            Detail = OstStatus.Describe(sourceEvent, status),
            AcknowledgedAt = operation.Current.AcknowledgedAt ?? time.GetUtcNow(),
        };
        if (!decides)
        {
            // A removal's success without an eject included: the guest only says that it is done looking. The eject decides.
            book.Advance(operation, reported);
        }
        else if (refused)
        {
            Refuse(target, operation, reported);
        }
        else
        {
            target.EndInsert();
            book.End(target, operation, reported with { State = OperationState.Completed });
        }
    }

    /// <summary>The guest reported a status for a slot that nothing is in any more, as it does when it has let go. It decides nothing.</summary>
    public void HandleEmpty(VmEvent.AcpiDeviceOst report)
    {
        if (undecided.TryTake(0, out _))
        {
            publisher.Publish(report);
        }
    }

    private void Refuse(HotplugTarget target, HotplugOperation operation, OperationSnapshot reported)
    {
        bool isRemoval = target.Removal == operation;
        if (isRemoval)
        {
            target.EndRemoval();
        }
        else
        {
            target.EndInsert();
        }

        // A refused plug does not take the processor away: only the guest can tell whether it uses it.
        book.End(target, operation, reported with { State = OperationState.Refused, Detail = reported.Detail + $"; the {target.Noun} stays plugged in" });

        // Last: who hears of it may ask for the operation at once.
        if (isRemoval)
        {
            publisher.Publish(new VmEvent.DeviceUnplugGuestError(target.Id, target.Path) { Class = target.Class, Reason = reported.Detail });
        }
    }

    private void NoteAftermath(HotplugOperation? ended, uint sourceEvent, uint status)
    {
        if (ended is not null)
        {
            book.NoteAftermath(ended, "the guest reported: " + OstStatus.Describe(sourceEvent, status));
        }
    }
}
