// The script of the workers, as a page would bundle it.
import "sluice/worker";
