using Limber.DeviceOptions;
using Limber.DeviceOptions.Backends;

namespace Limber.CommandLine.StratoVirt;

/// <summary>StratoVirt's <c>-drive</c>: <c>direct</c> is on unless it is turned off, and a drive never brings a device.</summary>
internal static class StratoVirtDrive
{
    /// <exception cref="OptionException">Missing, unknown, wrong or not built.</exception>
    public static Drive Read(OptionBag given)
    {
        foreach (string required in (string[])["file", "id"])
        {
            if (!given.Contains(required))
            {
                throw new OptionException($"'{required}' is missing");
            }
        }

        bool direct = true;
        OptionBag bag = new();
        foreach ((string name, OptionValue value) in given)
        {
            switch (name)
            {
                case "direct":
                    direct = StratoVirtKeyValues.Boolean("-drive", name, value.AsText());
                    break;
                case "readonly" or "discard":
                    bool on = StratoVirtKeyValues.Boolean("-drive", name, value.AsText());
                    bag.Set(name, OptionValue.FromText(on ? "on" : "off"));
                    break;
                case "aio" or "if":
                    break;
                case "file" or "id" or "format" or "media" or "unit" or "detect-zeroes" or "l2-cache-size" or "refcount-cache-size"
                    or "throttling.iops-total":
                    bag.Set(name, value);
                    break;
                default:
                    throw new OptionException($"Invalid parameter '{name}'");
            }
        }

        bag.Set("if", OptionValue.FromText(given.TryGet("if", out OptionValue kind) ? kind.ToString() : "none"));
        bag.Set("cache.direct", OptionValue.FromText(direct ? "on" : "off"));
        string aio = given.TryGet("aio", out OptionValue engine) ? engine.ToString() : direct ? "native" : "off";
        if (aio == "off" && direct)
        {
            throw new OptionException("aio=off needs direct=off");
        }

        bag.Set("aio", OptionValue.FromText(aio == "off" ? "threads" : aio));
        return DriveOptions.Read(bag);
    }
}
