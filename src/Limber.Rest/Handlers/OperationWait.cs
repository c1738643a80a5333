using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Limber.Config;
using Limber.Control;
using Limber.Rest.Json;
using Microsoft.Extensions.Primitives;

namespace Limber.Rest.Handlers;

/// <summary><c>?wait=SECONDS</c>, an extension of this project: the answer waits for the guest.</summary>
internal static class OperationWait
{
    private const int MaxWaitSeconds = 86_400;

    /// <summary>Answers 204 when all operations are complete, and 500 with those that are not when time is up.</summary>
    public static async Task<RestReply> ForAsync(
        MachineGate gate, IReadOnlyList<IHotplugOperation> operations, TimeSpan limit, CancellationToken aborted)
    {
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(aborted, gate.Stopping);
        try
        {
            await Task.WhenAll(operations.Select(operation => operation.Completion))
                .WaitAsync(limit, either.Token).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            // The server stops: the answer is what is known now.
        }

        string[] open =
        [
            .. operations.Select(operation => operation.Current)
                .Where(operation => operation.State != OperationState.Completed)
                .Select(operation => OperationBody.Of(operation).Describe()),
        ];
        return open.Length == 0 ? RestReply.NoContent : throw RestException.Refused(500, open);
    }

    /// <summary>The value of <c>?wait=</c>, or null when it was not given.</summary>
    /// <exception cref="RestException">400: no number of seconds in bounds.</exception>
    public static TimeSpan? Parse(StringValues values)
    {
        if (values.Count == 0)
        {
            return null;
        }

        bool valid = decimal.TryParse(
            values.ToString(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal seconds);
        return valid && seconds <= MaxWaitSeconds
            ? TimeSpan.FromMilliseconds((double)(seconds * 1000))
            : throw RestException.Malformed("Bad Request", $"wait is '{values}'; it must be a number of seconds from 0 to {MaxWaitSeconds}");
    }

    /// <summary>The value of a switch such as <c>?online=</c>; false when it was not given.</summary>
    /// <exception cref="RestException">400: neither <c>true</c> nor <c>false</c>.</exception>
    public static bool ParseSwitch(string name, StringValues values) => values.ToString() switch
    {
        "" when values.Count == 0 => false,
        "true" => true,
        "false" => false,
        _ => throw RestException.Malformed("Bad Request", $"{name} is '{values}'; it must be true or false"),
    };

    /// <summary>The value of <c>?deadline=</c>, or null when it was not given.</summary>
    /// <exception cref="RestException">400: no number of seconds in bounds.</exception>
    public static TimeSpan? ParseDeadline(StringValues values)
    {
        if (values.Count == 0)
        {
            return null;
        }

        return OperationDeadline.TryParse(values.ToString(), out TimeSpan deadline)
            ? deadline
            : throw RestException.Malformed("Bad Request", $"deadline is '{values}'; it must be {OperationDeadline.Rule}");
    }
}
